// One client's connection to one node. Packets take time and stay in order, until one side or both notice that it has
// ended.
import type { Connection as ServerConnection } from '../../src/delivery/connections.ts';
import type { EncodedBatch } from '../../src/delivery/encoded-batch.ts';
import type { PayloadInput, RoomCommand } from '../../src/protocol/commands.ts';
import type { SessionId } from '../../src/protocol/ids.ts';
import type { ServerEventName } from '../../src/protocol/server-events.ts';
import type { Caller } from '../../src/rooms/contract/caller.ts';
import type { Outcome } from '../../src/rooms/contract/outcome.ts';
import type { Dice } from './dice.ts';
import type { Schedule } from './schedule.ts';
import type { SimNode } from './sim-node.ts';

/** After this time either side gives up a connection that broke silently. */
const NOTICED_AFTER_MS = 3_000;
const SLOWEST_MS = 15;

export interface Heard {
  readonly event: ServerEventName;
  readonly payload: unknown;
}

export interface ConnectionEvents {
  heard(packet: Heard): void;
  /** Nothing more arrives, and open answers never will. */
  ended(): void;
}

export type Asked = {
  readonly [Name in RoomCommand['name']]: { name: Name; payload: PayloadInput<Name> };
}[RoomCommand['name']];

interface ConnectionDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly node: SimNode;
  readonly caller: Omit<Caller, 'sessionId'>;
  readonly events: ConnectionEvents;
}

/** Parsed once for all recipients; clients do not change what they receive. */
const parsed = new WeakMap<EncodedBatch, readonly Heard[]>();

export class Connection {
  readonly caller: Caller;
  readonly line: ServerConnection;
  readonly #deps: ConnectionDeps;
  #isOpenHere = true;
  #isOpenThere = true;
  /** False: nothing gets through any more, in either direction. */
  #isWhole = true;
  #toNodeAt = 0;
  #toClientAt = 0;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.caller = { ...deps.caller, sessionId: deps.dice.id() as SessionId };
    this.line = {
      backlogBytes: 0,
      write: (parcel) => {
        for (const packet of packetsOf(parcel)) this.#toClient(() => deps.events.heard(packet));
      },
      send: (event, payload) => this.#toClient(() => deps.events.heard({ event, payload })),
      overflow: () => this.closeFromNode(),
    };
    this.#toNode(() => this.#isOpenThere && deps.node.accept(this));
  }

  get node(): SimNode {
    return this.#deps.node;
  }

  ask(command: RoomCommand, answer: (outcome: Outcome) => void): void {
    const reply = (outcome: Outcome) => this.#toClient(() => answer(outcome));
    this.#toNode(() => {
      if (this.#isOpenThere) this.#deps.node.execute(this.caller, command, reply);
    });
  }

  /** The client closes it orderly. */
  close(): void {
    if (!this.#isOpenHere) return;
    this.#isOpenHere = false;
    this.#toNode(() => this.#endThere());
  }

  /** The node ends it. */
  closeFromNode(): void {
    const { schedule } = this.#deps;
    schedule.in(0, () => this.#endThere());
    this.#toClient(() => this.#endHere());
  }

  /** It breaks silently. Each side finds out after a while of its own. */
  breakSilently(): void {
    if (!this.#isWhole) return;
    this.#isWhole = false;
    const { schedule, dice } = this.#deps;
    schedule.in(dice.integer(10, NOTICED_AFTER_MS), () => this.#endHere());
    schedule.in(dice.integer(10, NOTICED_AFTER_MS), () => this.#endThere());
  }

  #endHere(): void {
    if (!this.#isOpenHere) return;
    this.#isOpenHere = false;
    this.#deps.events.ended();
  }

  #endThere(): void {
    if (!this.#isOpenThere) return;
    this.#isOpenThere = false;
    const { node } = this.#deps;
    node.host.do(() => node.ended(this));
  }

  #toNode(arrive: () => void): void {
    const { schedule, dice, node } = this.#deps;
    this.#toNodeAt = Math.max(this.#toNodeAt, schedule.now + dice.integer(1, SLOWEST_MS));
    schedule.in(this.#toNodeAt - schedule.now, () => {
      if (this.#isWhole) node.host.do(arrive);
    });
  }

  #toClient(arrive: () => void): void {
    const { schedule, dice } = this.#deps;
    this.#toClientAt = Math.max(this.#toClientAt, schedule.now + dice.integer(1, SLOWEST_MS));
    schedule.in(this.#toClientAt - schedule.now, () => {
      if (this.#isWhole && this.#isOpenHere) arrive();
    });
  }
}

function packetsOf(parcel: EncodedBatch): readonly Heard[] {
  let packets = parsed.get(parcel);
  if (!packets) {
    packets = parcel.packets.map(({ text }) => {
      const [event, payload] = JSON.parse(text.slice(1)) as [ServerEventName, unknown];
      return { event, payload };
    });
    parsed.set(parcel, packets);
  }
  return packets;
}

/** The room that a packet is about; empty without one. */
export function roomOf({ payload }: Heard): string {
  const named = payload as { readonly roomId?: string; readonly room?: { readonly roomId: string } };
  return named.roomId ?? named.room?.roomId ?? '';
}
