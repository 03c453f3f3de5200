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

export interface Packet {
  readonly event: ServerEventName;
  readonly payload: unknown;
}

export interface ConnectionEvents {
  received(packet: Packet): void;
  /** Nothing more arrives, and open answers never will. */
  ended(): void;
}

export type Request = {
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
const parsed = new WeakMap<EncodedBatch, readonly Packet[]>();

export class Connection {
  readonly caller: Caller;
  readonly serverConnection: ServerConnection;
  readonly #deps: ConnectionDeps;
  #isOpenAtClient = true;
  #isOpenAtNode = true;
  /** False: nothing gets through any more, in either direction. */
  #isWorking = true;
  #toNodeAt = 0;
  #toClientAt = 0;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.caller = { ...deps.caller, sessionId: deps.dice.id() as SessionId };
    this.serverConnection = {
      backlogBytes: 0,
      write: (batch) => {
        for (const packet of packetsOf(batch)) this.#toClient(() => deps.events.received(packet));
      },
      send: (event, payload) => this.#toClient(() => deps.events.received({ event, payload })),
      overflow: () => this.closeFromNode(),
    };
    this.#toNode(() => this.#isOpenAtNode && deps.node.accept(this));
  }

  get node(): SimNode {
    return this.#deps.node;
  }

  ask(command: RoomCommand, answer: (outcome: Outcome) => void): void {
    const reply = (outcome: Outcome) => this.#toClient(() => answer(outcome));
    this.#toNode(() => {
      if (this.#isOpenAtNode) this.#deps.node.execute(this.caller, command, reply);
    });
  }

  /** The client closes it orderly. */
  close(): void {
    if (!this.#isOpenAtClient) return;
    this.#isOpenAtClient = false;
    this.#toNode(() => this.#endAtNode());
  }

  /** The node ends it. */
  closeFromNode(): void {
    const { schedule } = this.#deps;
    schedule.in(0, () => this.#endAtNode());
    this.#toClient(() => this.#endAtClient());
  }

  /** It breaks silently. Each side finds out after a while of its own. */
  breakSilently(): void {
    if (!this.#isWorking) return;
    this.#isWorking = false;
    const { schedule, dice } = this.#deps;
    schedule.in(dice.integer(10, NOTICED_AFTER_MS), () => this.#endAtClient());
    schedule.in(dice.integer(10, NOTICED_AFTER_MS), () => this.#endAtNode());
  }

  #endAtClient(): void {
    if (!this.#isOpenAtClient) return;
    this.#isOpenAtClient = false;
    this.#deps.events.ended();
  }

  #endAtNode(): void {
    if (!this.#isOpenAtNode) return;
    this.#isOpenAtNode = false;
    const { node } = this.#deps;
    node.host.do(() => node.ended(this));
  }

  #toNode(arrive: () => void): void {
    const { schedule, dice, node } = this.#deps;
    this.#toNodeAt = Math.max(this.#toNodeAt, schedule.now + dice.integer(1, SLOWEST_MS));
    schedule.in(this.#toNodeAt - schedule.now, () => {
      if (this.#isWorking) node.host.do(arrive);
    });
  }

  #toClient(arrive: () => void): void {
    const { schedule, dice } = this.#deps;
    this.#toClientAt = Math.max(this.#toClientAt, schedule.now + dice.integer(1, SLOWEST_MS));
    schedule.in(this.#toClientAt - schedule.now, () => {
      if (this.#isWorking && this.#isOpenAtClient) arrive();
    });
  }
}

function packetsOf(batch: EncodedBatch): readonly Packet[] {
  let packets = parsed.get(batch);
  if (!packets) {
    packets = batch.packets.map(({ text }) => {
      const [event, payload] = JSON.parse(text.slice(1)) as [ServerEventName, unknown];
      return { event, payload };
    });
    parsed.set(batch, packets);
  }
  return packets;
}

/** The room that a packet is about; empty without one. */
export function roomOf({ payload }: Packet): string {
  const named = payload as { readonly roomId?: string; readonly room?: { readonly roomId: string } };
  return named.roomId ?? named.room?.roomId ?? '';
}
