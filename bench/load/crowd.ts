// The crowd: many cheap members in this process, connected a few at a time, and what they have received.
import { monotonicMs } from '../monotonic.ts';
import { FrameBook } from './frame-book.ts';
import type { FrameBounds } from './frames.ts';
import { type Expectation, Ledger, type Tally } from './ledger.ts';
import { Member, type MemberEvents, type MemberOptions } from './member.ts';
import type { Address } from './raw-connection.ts';
import { signToken } from './token.ts';

export interface Gathering {
  /** Members are distributed over these addresses in turn. */
  readonly servers: readonly Address[];
  readonly count: number;
  /** User ids are `<prefix><number>`. */
  readonly prefix: string;
  readonly secret: string;
  readonly deflate: boolean;
  /** `{n}` in a text stands for the member's number. */
  readonly enter: MemberOptions['enter'];
  /** The number of members that enter at once. */
  readonly concurrency: number;
}

export interface Gathered {
  readonly ready: number;
  readonly elapsedMs: number;
  /** Why missing members are missing; the first few reasons. */
  readonly problems: readonly string[];
}

/** What has arrived since the crowd was counted last. */
export interface Count {
  readonly bytes: number;
  readonly frames: number;
  readonly tally: Tally | null;
  /** Ended connections, altogether. */
  readonly ended: number;
  readonly problems: readonly string[];
  /** CPU time of this process since it began. */
  readonly cpuUs: number;
  readonly atMs: number;
}

const PROBLEMS_SHOWN = 5;

export class Crowd {
  readonly members: Member[] = [];
  readonly #book = new FrameBook();
  readonly #problems: string[] = [];
  /** By member: events counted by frames, where the frames cannot be read one by one. */
  #ordinals: number[] = [];
  #ledger: Ledger | null = null;
  #expected: Expectation | null = null;
  #ended = 0;

  async gather({ servers, count, prefix, secret, deflate, enter, concurrency }: Gathering): Promise<Gathered> {
    const first = this.members.length;
    const requests = Array.from({ length: count }, (_, index) => {
      const userId = `${prefix}${first + index}`;
      const address = servers[index % servers.length] as Address;
      return { address, deflate, userId, token: signToken({ userId, secret }), enter: numbered(enter, first + index) };
    });
    const begun = monotonicMs();
    let ready = 0;
    await new Promise<void>((resolve) => {
      let begunCount = 0;
      let finished = 0;
      const next = () => {
        const options = requests[begunCount++];
        if (options) this.#add(options, finish);
      };
      const finish = (outcome: 'ready' | 'ended') => {
        if (outcome === 'ready') ready++;
        if (++finished === count) resolve();
        else next();
      };
      for (let slot = 0; slot < Math.min(concurrency, count); slot++) next();
    });
    return { ready, elapsedMs: monotonicMs() - begun, problems: this.#problems };
  }

  /** From now on only these events are counted, at the first `members` members. */
  expect(expected: Expectation): void {
    this.#expected = expected;
    this.#ledger = new Ledger(expected);
    this.#ordinals = new Array<number>(this.members.length).fill(0);
  }

  count(): Count {
    const usage = process.cpuUsage();
    return {
      bytes: this.members.reduce((sum, { connection }) => sum + connection.bytes, 0),
      frames: this.members.reduce((sum, { connection }) => sum + connection.frames, 0),
      tally: this.#ledger?.tally() ?? null,
      ended: this.#ended,
      problems: this.#problems,
      cpuUs: usage.user + usage.system,
      atMs: monotonicMs(),
    };
  }

  /** The last `count` members stop reading. */
  stall(count: number): void {
    for (const { connection } of this.members.slice(-count)) connection.stall();
  }

  disperse(): void {
    for (const { connection } of this.members) connection.close();
    this.members.length = 0;
    this.#ledger = null;
  }

  #add(options: MemberOptions, finish: (outcome: 'ready' | 'ended') => void): void {
    let isDone = false;
    const once = (outcome: 'ready' | 'ended') => {
      if (isDone) return;
      isDone = true;
      finish(outcome);
    };
    const events: MemberEvents = {
      onReady: () => once('ready'),
      onEnded: (_member, reason) => {
        this.#ended++;
        if (this.#problems.length < PROBLEMS_SHOWN) this.#problems.push(reason);
        once('ended');
      },
      onNews: this.#onNews,
    };
    this.members.push(new Member(this.members.length, options, events));
  }

  readonly #onNews = (member: Member, bytes: Buffer, bounds: FrameBounds): void => {
    const ledger = this.#ledger;
    if (!ledger) return;
    if (bounds.isDeflated && !member.connection.isContextFree) this.#countFrame(ledger, member);
    else ledger.note(member.number, this.#book.marksOf(bytes, bounds), monotonicMs());
  };

  /**
   * Stock compression keeps its context, so a frame cannot be read without all frames before it. Such a server
   * compresses one event a frame and nothing else. So the n-th frame stands for the n-th event, without a time.
   */
  #countFrame(ledger: Ledger, { number }: Member): void {
    const ordinal = this.#ordinals[number] as number;
    this.#ordinals[number] = ordinal + 1;
    const { from = 0 } = this.#expected ?? {};
    ledger.note(number, [{ seq: from + ordinal, sentAtMs: Number.NaN }], monotonicMs());
  }
}

const numbered = (enter: MemberOptions['enter'], number: number): MemberOptions['enter'] =>
  JSON.parse(JSON.stringify(enter).replaceAll('{n}', String(number))) as MemberOptions['enter'];
