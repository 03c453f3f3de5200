// Rooms with users on a cluster, their record, and the end: all quiet, compared with the snapshot of a new member.
import { isDeepStrictEqual } from 'node:util';
import { monotonicMs } from '../../bench/monotonic.ts';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';
import type { ClientView } from '../support/client-view.ts';
import { FaultClient } from './client.ts';
import type { Cluster, ClusterNode } from './cluster.ts';
import { untilTrue, within } from './deadline.ts';
import { Recorder } from './history.ts';
import { Load, type Party } from './load.ts';

export interface SceneOptions {
  readonly seed: number;
  readonly rooms: number;
  /** Besides the owner and the sitters. */
  readonly guests: number;
  readonly sitters: number;
  readonly rate: number;
  readonly graceMs?: number;
}

const QUIET_DEADLINE_MS = 30_000;
let scenes = 0;

export class Scene {
  readonly recorder = new Recorder(monotonicMs);
  readonly cluster: Cluster;
  readonly load: Load;
  readonly parties: readonly Party[];
  readonly #options: SceneOptions;
  readonly #name: string;
  #finals: RoomSnapshot[] = [];
  #newcomers: FaultClient[] = [];

  private constructor(cluster: Cluster, options: SceneOptions) {
    this.cluster = cluster;
    this.#options = options;
    this.#name = `s${++scenes}-${process.pid}`;
    this.parties = Array.from({ length: options.rooms }, (_, index) => this.#invite(index));
    this.load = new Load(this.parties, options);
  }

  /** Resolves when all users are in and the sitters sit; the load has not started yet. */
  static async open(cluster: Cluster, options: SceneOptions): Promise<Scene> {
    const scene = new Scene(cluster, options);
    try {
      await Promise.all(scene.parties.map((party, index) => scene.#enter(party, index)));
    } catch (error) {
      scene.close();
      throw error;
    }
    return scene;
  }

  get clients(): readonly FaultClient[] {
    return this.parties.flatMap(({ owner, sitters, guests }) => [owner, ...sitters, ...guests]);
  }

  on(node: ClusterNode): readonly FaultClient[] {
    return this.clients.filter((client) => client.node === node);
  }

  /** The last state of the rooms, available after `quiet()`. */
  get finals(): readonly RoomSnapshot[] {
    return this.#finals;
  }

  /**
   * Stops the load and waits until every client in a room has the same view as a new member. Resolves with how long
   * that took.
   */
  async quiet(): Promise<number> {
    await this.load.stop();
    const from = monotonicMs();
    this.#newcomers = this.parties.map(({ roomId }) => this.#client(`${roomId}-new`, { roomId, slot: 0 }));
    await within(Promise.all(this.#newcomers.map((one) => one.enter())), 'newcomers let in');
    const isQuiet = () =>
      this.clients.every((client) => {
        const newcomer = this.#newcomers.find(({ roomId }) => roomId === client.roomId);
        return client.isClosed || (client.isInside && isSameRoom(client.view, newcomer?.view ?? null));
      });
    // Clients that still differ by then are found by the checkers.
    await untilTrue(isQuiet, QUIET_DEADLINE_MS);
    const quietMs = monotonicMs() - from;
    const last = this.parties.map(({ roomId }) => this.#client(`${roomId}-last`, { roomId, slot: 1 }));
    await within(Promise.all(last.map((one) => one.enter())), 'last newcomers let in');
    this.#finals = last
      .flatMap((one) => this.recorder.history.findLast(isSnapshotOf(one.userId)) ?? [])
      .map(({ room }) => room);
    for (const one of [...last, ...this.#newcomers]) one.close();
    return quietMs;
  }

  close(): void {
    for (const client of [...this.clients, ...this.#newcomers]) client.close();
  }

  #invite(index: number): Party {
    const roomId = `${this.#name}-r${index}`;
    const { guests, sitters } = this.#options;
    const people = Array.from({ length: guests + sitters + 1 }, (_, slot) =>
      this.#client(`${roomId}-u${slot}`, { roomId, slot: slot + index }),
    );
    const [owner, ...others] = people as [FaultClient, ...FaultClient[]];
    return { roomId, owner, sitters: others.slice(0, sitters), guests: others.slice(sitters) };
  }

  #client(userId: string, { roomId, slot }: { readonly roomId: string; readonly slot: number }): FaultClient {
    const { directory } = this.cluster;
    const home = this.cluster.nodes.length > 0 ? this.#readyNode(slot) : directory.pick();
    return new FaultClient({ userId, roomId, directory, recorder: this.recorder, home });
  }

  #readyNode(slot: number): ClusterNode {
    const up = this.cluster.nodes.filter(({ state }) => state === 'up');
    return up[slot % up.length] ?? this.cluster.node(slot);
  }

  async #enter({ owner, sitters, guests }: Party, index: number): Promise<void> {
    const seatMode = index % 2 === 0 ? 'free' : 'request';
    const { graceMs = 45_000 } = this.#options;
    await within(owner.enter({ title: `Room ${index}`, seatMode: 'free', seatCount: 9, graceMs }), 'a room made');
    await within(Promise.all([...sitters, ...guests].map((one) => one.enter())), 'people let in');
    for (const sitter of sitters) await sitter.wish('seat:take', {});
    if (seatMode === 'request') await owner.wish('room:update', { seatMode });
  }
}

const isSnapshotOf =
  (client: string) =>
  (entry: {
    readonly kind: string;
    readonly client: string;
  }): entry is Extract<Recorder['history'][number], { kind: 'snapshot' }> =>
    entry.kind === 'snapshot' && entry.client === client;

/** Versions may differ by commits that only the other kind of member gets. */
const isSameRoom = (a: ClientView | null, b: ClientView | null): boolean =>
  a?.epoch === b?.epoch &&
  isDeepStrictEqual(a?.view.seats, b?.view.seats) &&
  isDeepStrictEqual(a?.view.attributes, b?.view.attributes);
