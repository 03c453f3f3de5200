// A cheap Socket.IO client: connects, enters its room, sends commands and reads acks. Events go to a counter.
import { type FrameBounds, maskedFrame } from './frames.ts';
import { RawConnection, type RawOptions } from './raw-connection.ts';

const DIGIT_0 = 0x30;
const DIGIT_2 = 0x32;
const DIGIT_3 = 0x33;
const DIGIT_4 = 0x34;
const DIGIT_9 = 0x39;
/** How an accepting ack begins, after its number. */
const ACK_OK = '[{"ok":true';

export interface MemberOptions extends RawOptions {
  readonly token: string;
  readonly userId: string;
  /** The commands to enter with, one after the other. None: connecting is all. */
  readonly enter: readonly (readonly [name: string, payload: object])[];
}

export interface MemberEvents {
  /** Connected and in: each command of `enter` was answered. */
  onReady(member: Member): void;
  onEnded(member: Member, reason: string): void;
  /** A packet that is an event, or is compressed. */
  onNews(member: Member, bytes: Buffer, bounds: FrameBounds): void;
}

/** Null: the command was carried out. Else the refusal as received. */
type OnAck = (refusal: string | null) => void;

export class Member {
  readonly userId: string;
  readonly connection: RawConnection;
  /** Its number among the members of its crowd. */
  readonly number: number;
  readonly #options: MemberOptions;
  readonly #events: MemberEvents;
  readonly #acks = new Map<number, OnAck>();
  #ackId = 0;
  isReady = false;

  constructor(number: number, options: MemberOptions, events: MemberEvents) {
    this.number = number;
    this.userId = options.userId;
    this.#options = options;
    this.#events = events;
    this.connection = new RawConnection(options, {
      frame: (bytes, bounds) => this.#receive(bytes, bounds),
      ended: (reason) => events.onEnded(this, reason),
    });
  }

  /** Sends a command; `onAck` is called with its answer. */
  ask(name: string, payload: object, onAck: OnAck): void {
    this.askText(JSON.stringify([name, payload]), onAck);
  }

  /** The same for a prepared packet: `["name",{…}]`. */
  askText(packet: string, onAck: OnAck): void {
    const id = this.#ackId++;
    this.#acks.set(id, onAck);
    this.connection.send(maskedFrame(`42${id}${packet}`));
  }

  #receive(bytes: Buffer, bounds: FrameBounds): void {
    const { start, end, isDeflated } = bounds;
    const type = bytes[start];
    const kind = type === DIGIT_4 ? bytes[start + 1] : undefined;
    if (isDeflated || kind === DIGIT_2) this.#events.onNews(this, bytes, bounds);
    else if (kind === DIGIT_3) this.#answer(bytes, start + 2, end);
    else if (kind === DIGIT_0) this.#enter(0);
    else if (type === DIGIT_0) this.#greet();
    else this.#events.onEnded(this, `refused: ${bytes.toString('utf8', start, end)}`);
  }

  #greet(): void {
    const { token, userId } = this.#options;
    this.connection.send(maskedFrame(`40${JSON.stringify({ token, protocol: '1', userId })}`));
  }

  #enter(step: number): void {
    const command = this.#options.enter[step];
    if (command === undefined) {
      this.isReady = true;
      this.connection.stopReading();
      this.#events.onReady(this);
      return;
    }
    const [name, payload] = command;
    this.ask(name, payload, (refusal) => {
      if (refusal === null) this.#enter(step + 1);
      else this.#events.onEnded(this, `${name} was refused: ${refusal.slice(0, 300)}`);
    });
  }

  #answer(bytes: Buffer, start: number, end: number): void {
    let id = 0;
    let at = start;
    for (let digit = bytes[at] as number; digit >= DIGIT_0 && digit <= DIGIT_9; digit = bytes[++at] as number) {
      id = id * 10 + digit - DIGIT_0;
    }
    const onAck = this.#acks.get(id);
    if (!onAck) return;
    this.#acks.delete(id);
    const isOk = bytes.toString('latin1', at, at + ACK_OK.length) === ACK_OK;
    onAck(isOk ? null : bytes.toString('utf8', at, end));
  }
}
