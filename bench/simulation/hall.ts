// One node and one room whose members have no connections: the real rooms, outboxes and engines on Redis, with counted
// sinks as connections.
import { Redis } from 'ioredis';
import { createRedisEngines, type Engines } from '../../src/engines.ts';
import type { RoomFeed, RoomListener } from '../../src/feed/room-feed.ts';
import { jsonOf } from '../../src/lang/shared-json.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { systemRandom } from '../../src/ops/random.ts';
import { type CommandName, commandSchemas, type PayloadInput, type RoomCommand } from '../../src/protocol/commands.ts';
import type { RoomId, SessionId, UserId } from '../../src/protocol/ids.ts';
import { createKeys } from '../../src/redis/keys.ts';
import type { Caller } from '../../src/rooms/contract/caller.ts';
import { VoiceGrants } from '../../src/rooms/contract/voice-grants.ts';
import { RoomService } from '../../src/rooms/room-service.ts';
import { createAgoraProvider } from '../../src/rtc/rtc-provider-agora.ts';
import type { PresenceStore } from '../../src/store/presence-store.ts';
import { chatText } from '../chat-text.ts';
import { play, type Schedule } from '../load/schedule.ts';
import { monotonicMs, pauseMs } from '../monotonic.ts';
import { type Expectation, type Sink, SinkBook, type Tally } from './sinks.ts';

const ROOM = 'hall' as RoomId;
const PREFIX = 'mw';
/** The largest settings that users may choose; Redis and the clock are used as in production. */
const CAPACITY_MAX = 100_000;
const CHAT_SHOWN_PER_SECOND = 100;
/** The number of joins or leaves at once. */
const MOVING_AT_ONCE = 256;
/** A message that has not arrived this long after the last event is lost: windows are a second at most (MSG-7). */
const ARRIVAL_MAX_MS = 20_000;
const POLL_MS = 20;
/** A resync is over when nothing has been read for this time. */
const STILL_MS = 200;
/** Enough senders that none of them sends twice in a row. */
const SPEAKERS = 50;

interface Guest {
  readonly caller: Caller;
  readonly sink: Sink;
}

export interface Talk {
  readonly chats: Schedule;
  readonly stages: Schedule;
}

export class Hall {
  readonly #book = new SinkBook();
  readonly #sinks = new Map<SessionId, Sink>();
  readonly #redisUrl: string;
  readonly #service: RoomService;
  /** The owner comes first. */
  #guests: Guest[] = [];
  #former: readonly Guest[] = [];
  #serial = 0;
  #sent = 0;
  #isMicOn = false;
  #listener: RoomListener | null = null;
  readonly #finding = { open: 0, lastAtMs: 0 };

  private constructor(engines: Engines, redisUrl: string) {
    this.#redisUrl = redisUrl;
    const ambient = { clock: systemClock, random: systemRandom, logger: createLogger('warn') };
    const storeNow = () => engines.store.now();
    // Tokens are signed as in production; Agora itself is never called.
    const provider = createAgoraProvider({ appId: '0'.repeat(32), appCertificate: '1'.repeat(32) });
    this.#service = new RoomService({
      ...engines,
      ...ambient,
      feed: this.#listening(engines.feed),
      presence: this.#watching(engines.presence),
      connections: { connectionOf: (sessionId) => this.#sinks.get(sessionId) ?? null, onWritten: () => undefined },
      chatShownPerSecond: CHAT_SHOWN_PER_SECOND,
      grants: new VoiceGrants({ ...ambient, provider, storeNow }),
    });
  }

  /** A room with its owner on a seat. */
  static async open(redisUrl: string): Promise<Hall> {
    const ambient = { clock: systemClock, random: systemRandom, logger: createLogger('warn') };
    const hall = new Hall(
      await createRedisEngines({ topology: { kind: 'standalone', url: redisUrl }, prefix: PREFIX }, ambient),
      redisUrl,
    );
    await hall.#createRoom();
    return hall;
  }

  /** How many connections are in the room. */
  get size(): number {
    return this.#guests.length;
  }

  async #createRoom(): Promise<void> {
    const [owner] = this.expect(1) as [Guest];
    this.#service.connected(owner.caller.sessionId);
    await this.#do(owner, 'room:create', {
      roomId: ROOM,
      title: 'Hall',
      seatMode: 'free',
      seatCount: 8,
      ownerSeat: null,
      capacity: CAPACITY_MAX,
    });
    await this.#do(owner, 'seat:take', { roomId: ROOM, seat: 0 });
    this.#isMicOn = true;
    this.#guests = [owner];
  }

  /** This number of users outside of the room: their own memory is not the room's. */
  expect(count: number): Guest[] {
    return Array.from({ length: count }, () => {
      const number = this.#serial++;
      const sessionId = `session-${number}` as SessionId;
      const sink = this.#book.open();
      this.#sinks.set(sessionId, sink);
      const caller = { userId: `guest-${number}` as UserId, sessionId, name: `Guest ${number}`, avatar: '', level: 0 };
      return { caller, sink };
    });
  }

  /** They join. */
  async admit(guests: readonly Guest[]): Promise<void> {
    await inTurns(guests, (guest) => {
      this.#service.connected(guest.caller.sessionId);
      return this.#do(guest, 'room:join', { roomId: ROOM });
    });
    this.#guests = [...this.#guests, ...guests];
  }

  /**
   * Many members send and the stage changes, as time goes by. Resolves when all of it has arrived, or counts as lost.
   */
  async talk({ chats, stages }: Talk): Promise<Tally & { readonly expected: number }> {
    const expected: Expectation = { from: this.#sent, chats: chats.count, updates: stages.count };
    this.#sent += chats.count;
    this.#book.expect(expected);
    const answers: Promise<void>[] = [];
    await Promise.all([
      play(chats, (index, sentAtMs) => {
        // From one end of the room to the other.
        const speaker = this.#guests[Math.floor(((index % SPEAKERS) * this.size) / SPEAKERS)] as Guest;
        const text = chatText({ seq: expected.from + index, sentAtMs });
        answers.push(this.#do(speaker, 'message:send', { roomId: ROOM, kind: 'chat', body: { text } }));
      }),
      play(stages, () => {
        this.#isMicOn = !this.#isMicOn;
        answers.push(this.#do(this.#guests[0] as Guest, 'mic:set', { roomId: ROOM, on: this.#isMicOn }));
      }),
    ]);
    await Promise.all(answers);
    const deliveries = (expected.chats + expected.updates) * this.size;
    const until = monotonicMs() + ARRIVAL_MAX_MS;
    while (this.#book.tally().delivered < deliveries && monotonicMs() < until) await pauseMs(POLL_MS);
    return { ...this.#book.tally(), expected: deliveries };
  }

  /** As after an interruption of the feed: everything is read and compared again. */
  async resync(): Promise<void> {
    this.#finding.lastAtMs = monotonicMs();
    this.#listener?.onPossibleGap();
    while (this.#finding.open > 0 || monotonicMs() - this.#finding.lastAtMs < STILL_MS) await pauseMs(POLL_MS);
  }

  /** All but the owner leave, by their own command. */
  async empty(): Promise<void> {
    const [owner, ...guests] = this.#guests as [Guest, ...Guest[]];
    this.#guests = [owner];
    await inTurns(guests, async (guest) => {
      await this.#do(guest, 'room:leave', { roomId: ROOM });
      await this.#service.disconnected(guest.caller.sessionId);
    });
    this.#former = guests;
  }

  /** Forgets the users who have left; until then they use the memory that they used before they joined. */
  forget(): void {
    for (const { caller, sink } of this.#former) {
      this.#sinks.delete(caller.sessionId);
      this.#book.close(sink);
    }
    this.#former = [];
  }

  /** Redis has another room by that name: all members get a snapshot. */
  exchange(): Promise<void> {
    return this.#untilAllReceived(async () => {
      const redis = new Redis(this.#redisUrl);
      await redis.hset(createKeys(PREFIX).room(ROOM)[0] as string, 'epoch', `epoch-${this.#sent}`);
      await redis.quit();
      this.#listener?.onPossibleGap();
    });
  }

  /** The owner closes the room, and all memberships end. */
  closeRoom(): Promise<void> {
    return this.#untilAllReceived(() => this.#do(this.#guests[0] as Guest, 'room:close', { roomId: ROOM }));
  }

  /** Resolves when each of them got a private send. */
  async #untilAllReceived(act: () => Promise<void>): Promise<void> {
    const before = this.#guests.map(({ sink }) => sink.ownBytes);
    await act();
    const hasReceived = ({ sink }: Guest, index: number) => sink.ownBytes > (before[index] as number);
    const until = monotonicMs() + ARRIVAL_MAX_MS;
    while (!this.#guests.every(hasReceived)) {
      if (monotonicMs() > until) throw new Error('not all members got it');
      await pauseMs(POLL_MS);
    }
  }

  /** The answer becomes text, as it would for a client. */
  async #do<Name extends CommandName>({ caller }: Guest, name: Name, payload: PayloadInput<Name>): Promise<void> {
    const command = { name, payload: commandSchemas[name].parse(payload) } as RoomCommand;
    const answer = await new Promise<string>((resolve, reject) => {
      void this.#service.execute(caller, command, (outcome) => {
        const isShown = outcome.ok && (outcome.data as { shown?: boolean } | undefined)?.shown !== false;
        if (isShown) resolve(jsonOf([{ ok: true, data: outcome.data }]) ?? '');
        else reject(new Error(`${name} failed: ${JSON.stringify(outcome)}`));
      });
    });
    if (answer === '') throw new Error(`${name} was not answered`);
  }

  #listening(feed: RoomFeed): RoomFeed {
    return {
      subscribe: (roomId, listener) => {
        this.#listener = listener;
        return feed.subscribe(roomId, listener);
      },
    };
  }

  #watching(presence: PresenceStore): PresenceStore {
    const finding = this.#finding;
    return {
      join: (roomId, joining) => presence.join(roomId, joining),
      leave: (roomId, session) => presence.leave(roomId, session),
      count: (roomId) => presence.count(roomId),
      sample: (roomId, limit) => presence.sample(roomId, limit),
      page: (roomId, query) => presence.page(roomId, query),
      async find(roomId, userIds) {
        finding.open++;
        const found = await presence.find(roomId, userIds);
        finding.open--;
        finding.lastAtMs = monotonicMs();
        return found;
      },
    };
  }
}

/** Carries out the task for each item, a limited number at once. */
async function inTurns<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await task(item);
  };
  await Promise.all(Array.from({ length: MOVING_AT_ONCE }, worker));
}
