// Several nodes on one memory engine, each with its own clock. A node whose clock stands still is dead, or stopped.
import { createMemoryEngines, type Engines, type MemoryEngines } from '../../src/engines.ts';
import { OutcomeUnknownError } from '../../src/store/store-errors.ts';
import type { Interposed } from '../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { roomId, uniqueId, userId } from '../support/stored-room.ts';

const STEP_MS = 250;

export class Cluster {
  readonly storeClock = new ManualClock();
  readonly engines: MemoryEngines = createMemoryEngines(this.storeClock);
  readonly #clocks = new Map<RoomNode, ManualClock>();

  /** A new node; `on` are its engines, if it has other engines than the rest. */
  start(on: Engines = this.engines): RoomNode {
    const clock = new ManualClock();
    const node = new RoomNode(on, clock);
    this.#clocks.set(node, clock);
    return node;
  }

  /** Nothing happens on the node by itself from now on. The returned function continues it, as SIGCONT does. */
  stop(node: RoomNode): () => void {
    const clock = this.clockOf(node);
    const stoppedAt = this.storeClock.now();
    this.#clocks.delete(node);
    return () => {
      clock.jump(this.storeClock.now() - stoppedAt);
      this.#clocks.set(node, clock);
    };
  }

  clockOf(node: RoomNode): ManualClock {
    const clock = this.#clocks.get(node);
    if (!clock) throw new Error('that node has stopped');
    return clock;
  }

  /** Time passes in the store and on all nodes that are not stopped. */
  async pass(byMs: number): Promise<void> {
    for (let left = byMs; left > 0; left -= STEP_MS) {
      const step = Math.min(left, STEP_MS);
      await this.storeClock.advance(step);
      for (const clock of this.#clocks.values()) await clock.advance(step);
      for (let turns = 0; turns < 4; turns++) await runMicrotasks();
    }
  }

  async state(id: string) {
    const room = await this.engines.store.load(roomId(id));
    if (!room) throw new Error('the room is not stored any more');
    return room.state;
  }

  async members(id: string): Promise<string[]> {
    const { members } = await this.engines.presence.sample(roomId(id), 10_000);
    return members.map((member) => member.userId).sort();
  }

  async member(id: string, user: string) {
    return (await this.engines.presence.find(roomId(id), [userId(user)])).get(user) ?? null;
  }
}

export const eventTypes = (person: Person): string[] => person.stageEvents().map(({ type }) => type);

/** The next `count` joins of that node take place, but their replies are lost. */
export function loseJoins(seam: Interposed, count: number): void {
  for (let left = count; left > 0; left--) {
    seam.beforeWelcome(() => Promise.reject(new OutcomeUnknownError('the reply was lost')));
  }
}

/** The joins (+) and leaves (-) that this person was sent. */
export const joinsAndLeaves = (person: Person): string[] =>
  person
    .payloadsOf('room:audience')
    .flatMap(({ joined = [], left = [] }) => [
      ...joined.map((one) => `+${one.userId}`),
      ...left.map((one) => `-${one}`),
    ]);

export const aRoom = (more: Record<string, unknown> = {}) => ({
  roomId: uniqueId('room'),
  title: 'Cluster',
  seatMode: 'free' as const,
  ...more,
});

/** A new room in which alice sits on seat 3. */
export async function withAliceSeated({ ownerOn, aliceOn }: Record<'ownerOn' | 'aliceOn', RoomNode>) {
  const room = aRoom();
  const id = room.roomId;
  const owner = ownerOn.connect('owner');
  await owner.do('room:create', room);
  const alice = await aliceOn.join('alice', id);
  await alice.do('seat:take', { roomId: id, seat: 3 });
  return { id, owner, alice };
}
