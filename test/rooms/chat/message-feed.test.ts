// Messages of a room: the members that get them, their order, and the sums of reactions.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { PayloadInput } from '../../../src/protocol/commands.ts';
import { serverEventSchemas } from '../../../src/protocol/server-events.ts';
import { SOON_MS } from '../../../src/rooms/chat/message-batcher.ts';
import { inRoom, messagesOf, sendChat, textsOf, trySendChat, useMessageScene } from '../../scenes/message-scene.ts';
import type { Interposed } from '../../support/interposed.ts';
import { type ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';

let clock: ManualClock;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;
let alice: Person;
let bob: Person;

const scene = useMessageScene();
beforeEach(() => {
  ({ clock, seam, here, there, owner, alice, bob } = scene());
});

const react = (person: Person, key: string, count = 1) =>
  person.do('message:send', { ...inRoom, kind: 'reaction', body: { key, count } });
const bodyOf = (kind: string, number: number) => {
  if (kind === 'chat') return { text: `${number}` };
  return kind === 'reaction' ? { key: 'x' } : { number };
};

/** Delays the next batch until `release`; `begun` resolves when the batch reaches the store. */
function delayBatch() {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    seam.beforeWrite(() => {
      resolve();
      return released;
    });
  });
  return { begun, release: () => release() };
}

describe('messages', () => {
  test('[MSG-1] reach all members on all nodes, the sender too, under the id in the ack', async () => {
    const chat = await sendChat(alice, '大家好');
    const gift = await alice.do('message:send', { ...inRoom, kind: 'gift', body: { id: 'rose', to: 'bob' } });
    await runMicrotasks();
    const from = { userId: 'alice', name: 'Name of alice', avatar: '' };
    const expected = [
      { ...chat, kind: 'chat', from, body: { text: '大家好' } },
      { ...gift, kind: 'gift', from, body: { id: 'rose', to: 'bob' } },
    ];
    for (const person of [owner, alice, bob]) expect(messagesOf(person)).toEqual(expected);
    for (const payload of bob.payloadsOf('room:messages')) serverEventSchemas['room:messages'].parse(payload);
    expect(chat.messageId).not.toBe(gift.messageId);
  });

  test('[MSG-1] that are sent at once come in one batch', async () => {
    const texts = Array.from({ length: 9 }, (_, index) => `${index}`);
    await Promise.all(texts.map((text) => sendChat(alice, text)));
    await runMicrotasks();
    expect(bob.payloadsOf('room:messages').map(({ messages }) => messages.length)).toEqual([9]);
    expect(textsOf(bob)).toEqual(texts);
  });

  test('[MSG-1] of one sender come in the order in which they were sent, whatever their kinds', async () => {
    const step = fc.record({
      sender: fc.nat(2),
      kind: fc.constantFrom('chat' as const, 'gift' as const, 'custom' as const, 'reaction' as const),
      pause: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(5), async (steps, slow) => {
        const people = [owner, alice, bob];
        for (const person of people) person.received.length = 0;
        for (let index = 0; index < slow; index++) seam.beforeWrite(runMicrotasks);
        const sent: { user: string; number: number }[] = [];
        const answers = steps.map(async ({ sender, kind, pause }, number) => {
          const person = people[sender] as Person;
          const payload = { ...inRoom, kind, body: bodyOf(kind, number) } as PayloadInput<'message:send'>;
          if (kind !== 'reaction') sent.push({ user: person.caller.userId, number });
          const answer = person.try('message:send', payload);
          for (let index = 0; index < pause; index++) await Promise.resolve();
          return answer;
        });
        await runMicrotasks();
        await clock.advance(SOON_MS * 2);
        for (const answer of await Promise.all(answers)) expect(answer.ok).toBe(true);
        await runMicrotasks();
        for (const recipient of people) {
          const received = messagesOf(recipient).flatMap((message) => {
            if (message.kind === 'reaction') return [];
            const body = message.body as { text?: string; number?: number };
            return [{ user: message.from.userId as string, number: Number(body.text ?? body.number) }];
          });
          for (const { caller } of people) {
            const ofOne = ({ user }: { user: string }) => user === caller.userId;
            expect(received.filter(ofOne)).toEqual(sent.filter(ofOne));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('[ACK-2][MSG-1] are sent once for the same command, also after the end of the session', async () => {
    const first = await sendChat(alice, 'once', { commandId: 'c1' });
    expect(await sendChat(alice, 'once', { commandId: 'c1' })).toEqual(first);
    await alice.disconnect();
    const again = there.connect('alice');
    expect(await sendChat(again, 'once', { commandId: 'c1' })).toEqual(first);
    expect(await again.try('room:leave', { ...inRoom, commandId: 'c1' })).toMatchObject({ ok: false });
    await runMicrotasks();
    expect(textsOf(bob)).toEqual(['once']);
    expect(await again.refusal('message:delete', { ...inRoom, commandId: 'c1', messageId: 'x' })).toBe('BAD_REQUEST');
  });

  test('[MSG-1][PRES-4] are refused from a user who is not a member, or no longer', async () => {
    const stranger = here.connect('stranger');
    expect(await stranger.refusal('message:send', { ...inRoom, kind: 'gift', body: {} })).toBe('NOT_A_MEMBER');
    expect(await stranger.refusal('message:send', { roomId: 'r2', kind: 'gift', body: {} })).toBe('ROOM_NOT_FOUND');
    seam.beforeWrite(() => there.join('alice', 'r1'));
    expect(await trySendChat(alice, 'from the old phone')).toMatchObject({ rejection: { code: 'NOT_A_MEMBER' } });
    await owner.do('room:close', inRoom);
    expect(await trySendChat(bob, 'x')).toMatchObject({ rejection: { code: 'ROOM_CLOSED' } });
    expect(textsOf(bob)).toEqual([]);
  });

  test('[MSG-1] are too large with a body over 2 KiB of JSON, in bytes; signals may have 8 KiB', async () => {
    const largest = { a: 'x'.repeat(2048 - '{"a":""}'.length) };
    expect(await alice.refusal('message:send', { ...inRoom, kind: 'custom', body: largest })).toBeNull();
    const chinese = { a: '麦'.repeat(700) };
    expect(await alice.try('message:send', { ...inRoom, kind: 'gift', body: chinese })).toMatchObject({
      rejection: { code: 'PAYLOAD_TOO_LARGE', details: { limit: 2048, bytes: 2108 } },
    });
    const data = 'x'.repeat(8 * 1024 - 2);
    expect(await alice.refusal('signal:send', { ...inRoom, to: 'bob', data })).toBeNull();
    expect(await alice.refusal('signal:send', { ...inRoom, to: 'bob', data: `${data}x` })).toBe('PAYLOAD_TOO_LARGE');
  });

  test('[MSG-1] are refused by a room in which too many of them wait', async () => {
    const { begun, release } = delayBatch();
    const first = trySendChat(alice, 'x');
    await begun;
    const answers = [first, ...Array.from({ length: 1_001 }, () => trySendChat(alice, 'x'))];
    const last = answers.at(-1);
    expect(await last).toMatchObject({ rejection: { code: 'OVERLOADED', retryAfterMs: 1000 } });
    release();
    const codes = (await Promise.all(answers)).map((answer) => answer.ok);
    expect(codes.filter((ok) => ok)).toHaveLength(1_001);
  });
});

describe('reactions', () => {
  test('[MSG-2] wait for other messages, are summed for each key, and come after 100 ms at the latest', async () => {
    const answers = [react(alice, '❤', 3), react(alice, '❤'), react(alice, 'clap', 50)];
    await runMicrotasks();
    await clock.advance(SOON_MS - 1);
    expect(messagesOf(bob)).toEqual([]);
    await clock.advance(1);
    expect(messagesOf(bob)).toEqual([
      { kind: 'reaction', key: '❤', count: 4 },
      { kind: 'reaction', key: 'clap', count: 50 },
    ]);
    expect(new Set((await Promise.all(answers)).map(({ messageId }) => messageId)).size).toBe(3);
  });

  test('[MSG-2] go along with the next message, and later reactions wait again', async () => {
    const first = react(alice, '❤');
    await runMicrotasks();
    await clock.advance(SOON_MS - 1);
    await sendChat(alice, 'hi');
    await first;
    await runMicrotasks();
    expect(messagesOf(bob)).toMatchObject([{ kind: 'chat' }, { kind: 'reaction', count: 1 }]);
    const second = react(alice, '❤', 2);
    await runMicrotasks();
    await clock.advance(SOON_MS - 1);
    expect(messagesOf(bob)).toHaveLength(2);
    await clock.advance(1);
    await second;
    expect(messagesOf(bob).at(-1)).toEqual({ kind: 'reaction', key: '❤', count: 2 });
  });

  test('[MSG-2] are sent at once by a node that stops', async () => {
    const answer = react(alice, '❤');
    await here.close();
    expect(await answer).toMatchObject({ messageId: expect.any(String) });
  });
});
