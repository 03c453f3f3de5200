// Questions to all masters at once: whether they would take a write, their replication ids, their age.
import { type CommandLink, DEADLINE_MS } from './command-link.ts';
import type { CommandLinks } from './command-links.ts';

/** Whether some master answers and would take a write. In a Cluster one is enough: its rooms can be served. */
export async function isHealthy(links: CommandLinks): Promise<boolean> {
  const roles = await answersOf(links, (link) => link.call((redis) => redis.role(), DEADLINE_MS));
  return roles.some((role) => role[0] === 'master');
}

/** The replication ids of all masters that answer. */
export async function liveReplicationIds(links: CommandLinks): Promise<ReadonlySet<string>> {
  const texts = await answersOf(links, (link) => link.call((redis) => redis.info('replication'), DEADLINE_MS));
  return new Set(
    texts.flatMap((text) => {
      const id = /^master_replid:(\w+)/m.exec(text)?.[1];
      return /^role:master/m.test(text) && id !== undefined ? [id] : [];
    }),
  );
}

/** How long the youngest master has been running, ms (Redis counts seconds). Infinite when none answers. */
export async function youngestAgeMs(links: CommandLinks): Promise<number> {
  const texts = await answersOf(links, (link) => link.call((redis) => redis.info('server'), DEADLINE_MS));
  const seconds = texts.map((text) => Number(/^uptime_in_seconds:(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY));
  return Math.min(...seconds) * 1_000;
}

async function answersOf<Reply>(links: CommandLinks, ask: (link: CommandLink) => Promise<Reply>): Promise<Reply[]> {
  const answers = await Promise.allSettled(links.masters().map(ask));
  return answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
