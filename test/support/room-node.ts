// A node without sockets: the real room service on given engines, and people whose connections record every event.

import type { Connection, Connections } from '../../src/delivery/connections.ts';
import type { Engines } from '../../src/engines.ts';
import type { Clock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { type Random, systemRandom } from '../../src/ops/random.ts';
import type { AckData } from '../../src/protocol/acks.ts';
import { type CommandName, commandSchemas, type PayloadInput, type RoomCommand } from '../../src/protocol/commands.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { SessionId } from '../../src/protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../../src/protocol/server-events.ts';
import { VoiceGrants } from '../../src/rooms/contract/voice-grants.ts';
import type { Caller } from '../../src/rooms/contract/caller.ts';
import type { Outcome } from '../../src/rooms/contract/outcome.ts';
import { RoomService } from '../../src/rooms/room-service.ts';
import type { RtcProvider } from '../../src/rtc/rtc-provider.ts';
import { createNoProvider } from '../../src/rtc/rtc-provider-none.ts';
import { uniqueId, userId } from './stored-room.ts';

export interface ReceivedEvent {
  readonly event: ServerEventName;
  readonly payload: unknown;
}

/** One connection of one user to one node. */
export class Person {
  readonly caller: Caller;
  readonly received: ReceivedEvent[] = [];
  readonly connection: Connection = {
    backlogBytes: 0,
    write: ({ packets }) => {
      for (const { text } of packets) {
        const [event, payload] = JSON.parse(text.slice(1)) as [ServerEventName, unknown];
        this.received.push({ event, payload });
      }
    },
    send: (event, payload) => this.received.push({ event, payload: structuredClone(payload) }),
    overflow: () => void setImmediate(() => void this.disconnect()),
  };
  readonly #service: RoomService;

  constructor(service: RoomService, user: string, level: number) {
    this.#service = service;
    this.caller = {
      userId: userId(user),
      sessionId: uniqueId('s') as SessionId,
      name: `Name of ${user}`,
      avatar: '',
      level,
    };
    service.connected(this.caller.sessionId);
  }

  /** The outcome of the command. */
  try<Name extends CommandName>(name: Name, payload: PayloadInput<Name>): Promise<Outcome> {
    const command = { name, payload: commandSchemas[name].parse(payload) } as RoomCommand;
    return new Promise((resolve) => void this.#service.execute(this.caller, command, resolve));
  }

  /** The ack's data; throws when the command was refused. */
  async do<Name extends CommandName>(name: Name, payload: PayloadInput<Name>): Promise<AckData<Name>> {
    const outcome = await this.try(name, payload);
    if (!outcome.ok) throw new Error(`${name} was refused: ${JSON.stringify(outcome.rejection)}`);
    return outcome.data as AckData<Name>;
  }

  /** The code with which the command is refused; null when it is not. */
  async refusal<Name extends CommandName>(name: Name, payload: PayloadInput<Name>): Promise<ErrorCode | null> {
    const outcome = await this.try(name, payload);
    return outcome.ok ? null : outcome.rejection.code;
  }

  /** The payloads of that event so far, in order. */
  payloadsOf<Name extends ServerEventName>(event: Name): ServerEventPayload<Name>[] {
    return this.received.flatMap((item) => (item.event === event ? [item.payload as ServerEventPayload<Name>] : []));
  }

  /** The stage events so far, in order. */
  stageEvents() {
    return this.payloadsOf('room:events').flatMap(({ updates }) => updates.flatMap(({ events }) => events));
  }

  disconnect(): Promise<void> {
    return this.#service.disconnected(this.caller.sessionId);
  }
}

export class RoomNode {
  readonly service: RoomService;
  readonly engines: Engines;
  readonly #people = new Map<SessionId, Person>();

  /** `random` decides when grants are renewed, and nothing else. */
  constructor(
    engines: Engines,
    clock: Clock,
    provider: RtcProvider = createNoProvider(),
    random: Random = systemRandom,
  ) {
    this.engines = engines;
    const logger = createLogger('silent');
    const connections: Connections = {
      connectionOf: (sessionId) => this.#people.get(sessionId)?.connection ?? null,
      onWritten: () => undefined,
    };
    const storeNow = () => engines.store.now();
    this.service = new RoomService({
      ...engines,
      connections,
      chatShownPerSecond: 100,
      grants: new VoiceGrants({ provider, clock, random, logger, storeNow }),
      clock,
      random: systemRandom,
      logger,
    });
  }

  connect(user: string, level = 0): Person {
    const person = new Person(this.service, user, level);
    this.#people.set(person.caller.sessionId, person);
    return person;
  }

  /** Connects and joins. */
  async join(user: string, roomId: string): Promise<Person> {
    const person = this.connect(user);
    await person.do('room:join', { roomId });
    return person;
  }

  close(): Promise<void> {
    return this.service.close();
  }
}
