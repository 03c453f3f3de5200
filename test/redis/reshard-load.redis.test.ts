// A room moves from server to server of a real Cluster, again and again, while two nodes write to it. Every read has
// all acknowledged writes, and no command is refused (SYNC-4, ACK-6).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRedisEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { systemRandom } from '../../src/ops/random.ts';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { slotOf } from '../../src/redis/slots.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { type Person, RoomNode } from '../support/room-node.ts';

const MOVES = 4;
const COMMITS_BETWEEN = 20;
const roomId = 'on-the-move';

let group: RedisCluster;
let engines: Engines[];
let nodes: RoomNode[];

beforeAll(async () => {
  group = await startRedisCluster();
  const ambient = { clock: systemClock, logger: createLogger('silent'), random: systemRandom };
  const { topology } = group;
  engines = await Promise.all([1, 2].map(() => createRedisEngines({ topology, prefix: 'mw' }, ambient)));
  nodes = engines.map((one) => new RoomNode(one, systemClock));
});
afterAll(async () => {
  await Promise.all(nodes?.map((node) => node.close()) ?? []);
  for (const one of engines ?? []) one.close();
  await group?.stop();
});

/** Counts up in the user's own attribute and reads after each step. Returns what was refused or missing. */
class Counter {
  count = 0;
  readonly complaints: string[] = [];
  readonly #person: Person;
  readonly #name: string;

  constructor(person: Person, name: string) {
    this.#person = person;
    this.#name = name;
  }

  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const outcome = await this.#person.try('room:attributes', {
        roomId,
        set: { [this.#name]: String(this.count + 1) },
      });
      if (outcome.ok) this.count++;
      else this.complaints.push(outcome.rejection.code);
      const { room } = (await this.#person.do('room:sync', { roomId, epoch: 'none', version: 0 })) as {
        room: RoomSnapshot;
      };
      const seen = Number(room.attributes[this.#name] ?? 0);
      if (seen !== this.count) this.complaints.push(`${this.count} was acknowledged, ${room.epoch} has ${seen}`);
    }
  }
}

test('[SYNC-4][ACK-6] a room that moves under load loses no acknowledged write, and refuses no command', async () => {
  const [here, there] = nodes as [RoomNode, RoomNode];
  const owner = here.connect('owner');
  await owner.do('room:create', { roomId, title: 'On the move' });
  const other = await there.join('other', roomId);
  await owner.do('admin:add', { roomId, userId: 'other' });
  const counters = [new Counter(owner, 'a'), new Counter(other, 'b')];
  let isOver = false;
  const running = counters.map((counter) => counter.runUntil(() => isOver));
  const total = () => counters.reduce((sum, { count }) => sum + count, 0);
  const slot = slotOf(`{${roomId}}`);
  for (let moves = 0; moves < MOVES; moves++) {
    const before = total();
    await expect.poll(total, { timeout: 10_000 }).toBeGreaterThan(before + COMMITS_BETWEEN);
    const owning = await group.ownerOf(slot);
    await group.moveSlot(slot, group.masters.find(({ id }) => id !== owning.id) as (typeof group.masters)[number]);
  }
  isOver = true;
  await Promise.all(running);
  expect(counters.flatMap(({ complaints }) => complaints)).toEqual([]);
  expect(other.payloadsOf('room:snapshot').length).toBeGreaterThanOrEqual(MOVES);
});
