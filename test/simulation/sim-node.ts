// A node of the simulated cluster: the real room service in a simulated process, behind a simulated network.

import type { Connections } from '../../src/delivery/connections.ts';
import type { Engines } from '../../src/engines.ts';
import type { Logger } from '../../src/ops/logger.ts';
import type { RoomCommand } from '../../src/protocol/commands.ts';
import type { SessionId } from '../../src/protocol/ids.ts';
import { StoreClock } from '../../src/redis/store-clock.ts';
import { VoiceGrants } from '../../src/rooms/contract/voice-grants.ts';
import type { Caller } from '../../src/rooms/contract/caller.ts';
import type { Outcome } from '../../src/rooms/contract/outcome.ts';
import { RoomService } from '../../src/rooms/room-service.ts';
import { createNoProvider } from '../../src/rtc/rtc-provider-none.ts';
import type { Connection } from './connection.ts';
import type { Dice } from './dice.ts';
import { viewOf } from './engine-view.ts';
import { Feed } from './feed.ts';
import { Host } from './host.ts';
import { Link } from './link.ts';
import type { Schedule } from './schedule.ts';

interface SimNodeDeps {
  readonly name: string;
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly engines: Engines;
  readonly logger: Logger;
}

export class SimNode {
  readonly name: string;
  readonly host: Host;
  readonly link: Link;
  readonly feed: Feed;
  readonly drift: { skewMs: number; readonly rate: number };
  /** Whether it takes new connections. */
  isOpen = true;
  #isDraining = false;
  readonly service: RoomService;
  readonly #connections = new Map<SessionId, Connection>();

  constructor({ name, schedule, dice, engines, logger }: SimNodeDeps) {
    this.name = name;
    this.drift = { skewMs: dice.integer(-3_600_000, 3_600_000), rate: 1 + dice.integer(-2, 3) * 1e-4 };
    this.host = new Host(schedule, this.drift);
    const storeClock = new StoreClock(this.host.clock);
    storeClock.observe(schedule.now);
    const shared = { schedule, host: this.host, dice: dice.fork() };
    this.link = new Link({ ...shared, onReply: (storeTime) => storeClock.observe(storeTime) });
    const subscribing = new Link({ ...shared, onReply: () => undefined });
    this.feed = new Feed({ ...shared, link: subscribing, feed: engines.feed });
    const view = viewOf(engines, { link: this.link, feed: this.feed, storeNow: () => storeClock.now() });
    const { clock } = this.host;
    const random = dice.fork();
    const connections: Connections = {
      connectionOf: (sessionId) => this.#connections.get(sessionId)?.serverConnection ?? null,
      onWritten: () => undefined,
    };
    this.service = new RoomService({
      ...view,
      connections,
      chatShownPerSecond: 100,
      grants: new VoiceGrants({
        provider: createNoProvider(),
        clock,
        random,
        logger,
        storeNow: () => view.store.now(),
      }),
      clock,
      random,
      logger,
    });
  }

  get connections(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  accept(connection: Connection): void {
    if (!this.isOpen) {
      connection.closeFromNode();
      return;
    }
    this.#connections.set(connection.caller.sessionId, connection);
    this.service.connected(connection.caller.sessionId);
  }

  ended({ caller: { sessionId } }: Connection): void {
    if (!this.#connections.delete(sessionId)) return;
    void (this.#isDraining ? this.service.handOver(sessionId) : this.service.disconnected(sessionId));
  }

  execute(caller: Caller, command: RoomCommand, reply: (outcome: Outcome) => void): void {
    if (this.#connections.has(caller.sessionId)) void this.service.execute(caller, command, reply);
  }

  /** Dies silently; its clients notice after a while. */
  crash(): void {
    this.isOpen = false;
    this.host.kill();
    for (const connection of this.connections) connection.breakSilently();
  }

  /** Stops orderly: takes no new connections, drains its clients, and finishes what waits. */
  async drain(): Promise<void> {
    this.isOpen = false;
    this.#isDraining = true;
    for (const connection of this.connections) connection.closeFromNode();
    while (this.#connections.size > 0) await new Promise<void>((resolve) => void this.host.clock.after(50, resolve));
    await this.service.close();
    this.host.kill();
  }
}
