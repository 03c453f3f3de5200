// What members must hear of although the feed was interrupted while it happened (SYNC-6, PRES-4); found by the simulation.
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { useScene } from './two-nodes.ts';

const scene = useScene(() => createMemoryEngines(systemClock));
const everything = Number.POSITIVE_INFINITY;

test('[PRES-4] whoever was replaced, and then left elsewhere, hears that he was replaced', async () => {
  const { seam, there, alice, id } = scene();
  await alice.do('seat:take', { roomId: id, seat: 3 });
  seam.loseNews(everything);
  const elsewhere = await there.join('alice', id);
  await elsewhere.do('room:leave', { roomId: id });
  seam.loseNews(0);
  seam.doubt();
  await expect.poll(() => alice.heardOf('room:left')).toEqual([{ roomId: id, reason: 'replaced' }]);
});
