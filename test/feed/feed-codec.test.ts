// News on a channel: messages stay text, a text that is no news is refused, a commit is parsed when it is read.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNews } from '../../src/feed/feed-codec.ts';

describe('messages', () => {
  test('[MSG-1] are finished texts, each with the ids that nodes need', () => {
    const json = '{"messageId":"m1","body":{"text":"a|b\\n汉字"},"at":5}';
    expect(parseNews(`messages\nkept|m1|alice|${json}\ntold|m2|service|{}\nsummed|7|"❤|"`)).toEqual({
      kind: 'messages',
      messages: [
        { kind: 'kept', messageId: 'm1', userId: 'alice', json },
        { kind: 'told', messageId: 'm2', userId: 'service', json: '{}' },
        { kind: 'summed', key: '❤|', count: 7 },
      ],
    });
  });

  test('[MSG-1] any text comes out as it went in: JSON has no line breaks of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
        const lines = texts.map((text, index) => `kept|m${index}|u|${JSON.stringify({ text })}`);
        const news = parseNews(`messages\n${lines.join('\n')}`);
        const messages = news.kind === 'messages' ? news.messages : [];
        expect(messages.map((message) => message.kind !== 'summed' && JSON.parse(message.json))).toEqual(
          texts.map((text) => ({ text })),
        );
      }),
    );
  });

  test.each(['messages\n', 'messages\nkept', 'messages\nkept|m1', 'messages\nkept|m1|alice'])(
    '[MSG-1] %j is no news',
    (text) => {
      expect(() => parseNews(text)).toThrow();
    },
  );
});

test('[MSG-1] a kind of message that only newer servers know is skipped, and its neighbours are read', () => {
  expect(parseNews('messages\nsung|m1|alice|{}\ntold|m2|service|{}')).toEqual({
    kind: 'messages',
    messages: [{ kind: 'told', messageId: 'm2', userId: 'service', json: '{}' }],
  });
});

describe('commits', () => {
  const record = { epoch: 'e-1', version: 12, turnId: 't', at: 1, publicAfter: 11, staffAfter: 11, events: [] };
  const text = JSON.stringify({ kind: 'commit', record });

  test('[SYNC-1] have their position at once, and are parsed only when the record is read', () => {
    const news = parseNews(text);
    expect(news).toMatchObject({ kind: 'commit', epoch: 'e-1', version: 12 });
    expect(news.kind === 'commit' && news.record).toEqual(record);
    const broken = parseNews(`${text.slice(0, -5)}`);
    expect(broken).toMatchObject({ kind: 'commit', version: 12 });
    expect(() => broken.kind === 'commit' && broken.record).toThrow();
  });

  test('[SYNC-1] one whose fields stand in another order is read as well', () => {
    const { version, ...rest } = record;
    const news = parseNews(JSON.stringify({ record: { version, ...rest }, kind: 'commit' }));
    expect(news).toEqual({ kind: 'commit', epoch: 'e-1', version: 12, record });
  });

  test('other news is plain JSON, and a text that is no JSON is no news', () => {
    expect(parseNews('{"kind":"deleted","messageId":"m","by":"x"}')).toEqual({
      kind: 'deleted',
      messageId: 'm',
      by: 'x',
    });
    expect(() => parseNews('nonsense')).toThrow();
  });
});
