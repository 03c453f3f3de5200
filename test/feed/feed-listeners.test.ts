// The listeners of a channel share a subscription. Each gets the news, and one that fails has a possible gap.
import { expect, test } from 'vitest';
import { FeedListeners } from '../../src/feed/feed-listeners.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';

class Listener {
  readonly news: number[] = [];
  gaps = 0;
  onNews: (news: number) => void = (news) => void this.news.push(news);
  onPossibleGap(): void {
    this.gaps++;
  }
}

const parse = (text: string) => JSON.parse(text) as number;

test('[F2] a text that is no news, or a listener that throws, is a possible gap for that listener alone', async () => {
  const lines: string[] = [];
  const logger = createLogger('error', { write: (line) => lines.push(line) });
  const feed = { subscribe: async () => undefined };
  const listeners = new FeedListeners({ feed, channel: 'c', logger, parse });
  const [broken, sound] = [new Listener(), new Listener()];
  broken.onNews = () => {
    throw new Error('a bug');
  };
  await Promise.all([listeners.add(broken), listeners.add(sound)]);
  listeners.onText('1');
  expect([broken.gaps, sound.gaps, sound.news]).toEqual([1, 0, [1]]);
  listeners.onText('not json');
  expect([broken.gaps, sound.gaps, sound.news]).toEqual([2, 1, [1]]);
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ event: 'feed.news.failed', channel: 'c' })),
  );
  listeners.delete(broken);
  listeners.onPossibleGap();
  expect([broken.gaps, sound.gaps, listeners.size]).toEqual([2, 2, 1]);
});

test('[F1] listeners share one subscription; after a refusal none of them is kept, and the next one tries again', async () => {
  const requests: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const feed = {
    subscribe: () => new Promise<void>((resolve, reject) => void requests.push({ resolve, reject })),
  };
  const listeners = new FeedListeners({ feed, channel: 'c', logger: createLogger('silent'), parse });
  const refused = [listeners.add(new Listener()), listeners.add(new Listener())];
  expect([requests.length, listeners.size]).toEqual([1, 2]);
  requests[0]?.reject(new Error('no permission'));
  for (const one of refused) await expect(one).rejects.toThrow(StoreUnavailableError);
  expect(listeners.size).toBe(0);
  const accepted = listeners.add(new Listener());
  requests[1]?.resolve();
  await accepted;
  await listeners.add(new Listener());
  expect([requests.length, listeners.size]).toEqual([2, 2]);
});
