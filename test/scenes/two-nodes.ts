// The scene of the interleaving tests: a node with a seam between decision and commit, and another one with stopped
// timers. The owner is there, alice is here. After each test the stage keeps its invariants and pins members only.
import { afterEach, beforeEach, expect } from 'vitest';
import { brokenInvariants } from '../../src/domain/invariants.ts';
import { stageUsers } from '../../src/domain/room.ts';
import type { Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { aJoining, roomId, uniqueId } from '../support/stored-room.ts';

export class Scene {
  readonly engines: Engines;
  readonly seam: Interposed;
  readonly here: RoomNode;
  /** The other node sweeps, at the seam. */
  readonly there: RoomNode;
  /** Its timers fire when a test advances this clock. The store judges deadlines all the same. */
  readonly thereClock = new ManualClock();
  readonly id = uniqueId('room');
  readonly owner: Person;
  alice: Person;

  constructor(engines: Engines) {
    this.engines = engines;
    this.seam = interpose(engines);
    this.here = new RoomNode(this.seam, systemClock);
    this.there = new RoomNode(engines, this.thereClock);
    // Another owner in every scene: an owner has ten open rooms at most, and these stay open.
    this.owner = this.there.connect(uniqueId('owner'));
    this.alice = this.here.connect('alice');
  }

  async open(): Promise<void> {
    await this.owner.do('room:create', { roomId: this.id, title: 'Crossing', seatMode: 'free', graceMs: 0 });
    await this.alice.do('room:join', { roomId: this.id });
  }

  async close(): Promise<void> {
    const { state } = await this.stored();
    expect(brokenInvariants(state)).toEqual([]);
    const { members } = await this.engines.presence.sample(roomId(this.id), 100);
    const present = new Set<string>(members.map(({ userId }) => userId));
    // The stage pins the owner also while absent.
    const pinned = [...stageUsers(state)].filter((userId) => userId !== state.roles.ownerId);
    for (const userId of pinned) expect(present, `${userId} is pinned but no member`).toContain(userId);
    await Promise.all([this.here.close(), this.there.close()]);
  }

  async stored() {
    const room = await this.engines.store.load(roomId(this.id));
    if (!room) throw new Error('the room is gone');
    return room;
  }

  async seatOf(user: string): Promise<number | null> {
    return (await this.stored()).state.seats.find(({ occupant }) => occupant?.userId === user)?.seat ?? null;
  }

  async memberOf(user: string) {
    return (await this.engines.presence.find(roomId(this.id), [aJoining(user).userId])).get(user) ?? null;
  }
}

/** A new scene for every test; the returned function gives the current one. */
export function useScene(engine: () => Engines): () => Scene {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene(engine());
    await scene.open();
  });
  afterEach(() => scene.close());
  return () => scene;
}
