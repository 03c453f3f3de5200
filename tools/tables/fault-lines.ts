// "What happens when", a line for each fault: words by hand, figures from docs/fault-table.json. Must not measure anything.
import { readFileSync } from 'node:fs';

interface Line {
  readonly when: string;
  /** `{row.figure.quantile}` stands for a figure, named as in the JSON. */
  readonly happens: string;
}

const lines: readonly Line[] = [
  {
    when: 'a server is killed',
    happens:
      'its users come back on the others ({kill-node.back.p99}, p99) to the seats kept for them; whoever does not is shown away after {kill-node.marked.max} and loses the seat when his grace ends',
  },
  {
    when: 'it had a third of 3,000 users',
    happens: "all are back after {kill-crowd.crowd.max}; the others' loops are {kill-crowd.loop.max} late at p99",
  },
  {
    when: 'it dies between a commit and its ack',
    happens:
      'the client asks again elsewhere and has the first answer within {commit-and-ack.resolved.max}; nothing is done twice',
  },
  {
    when: 'all servers are replaced, one by one',
    happens: 'a user is gone for {rolling.back.p99} (p99), and nobody else sees it',
  },
  {
    when: 'a server is killed in the middle of its stop',
    happens: 'who was still on it is shown away within {drain-killed.marked.max}, and has his seat when he returns',
  },
  {
    when: 'a server stands still for 3, 8, 30 s',
    happens:
      'beyond its lease its users are shown away ({pause-30.marked.max}); it writes nothing that is too old, and lets them in again by itself',
  },
  {
    when: 'Redis comes back empty',
    happens:
      'rooms are whole after {redis-empty.whole.max}, all clients after {redis-empty.resynced.max}, under a new epoch; the answers kept for repeated commands are lost',
  },
  {
    when: 'a Sentinel promotes a replica',
    happens:
      'no writes for {sentinel-failover.outage.p95} (p95); acknowledged commands that no surviving copy had are lost ({sentinel-failover.ackedLost.max} at most in a run), and everybody is told of the new epoch',
  },
  {
    when: 'a master of a Redis Cluster dies',
    happens:
      'its rooms are silent for {cluster-master.silent.max}; {cluster-master.repeated.max} of all calls have to be repeated meanwhile, {cluster-master.failed.max} of the commands fail in the end',
  },
  {
    when: 'slots move to another master',
    happens:
      '{cluster-reshard.failed.max} of the calls fail; news come {cluster-reshard.lag.max} late at most; the rooms get a new epoch and lose nothing',
  },
  {
    when: 'a subscription goes silent',
    happens: 'it is noticed and replaced; news come {feed-hole.starvation.max} late at most, and none is lost',
  },
  {
    when: "a server's commands go nowhere",
    happens:
      'clients are answered within {command-hole.answers.max} that they must try again; memory grows by {command-hole.heap.max}',
  },
  {
    when: 'a server is cut off from Redis for 5, 20, 60 s',
    happens:
      'it writes nothing; beyond its lease its users are shown away ({cut-20.marked.max}); it works again {cut-60.healed.max} after the cut. Cut off for as long as a grace, it tells those who sit there that they are out before their seats are free; two users believed in one seat for {cut-60.beliefOverlap.max}',
  },
  {
    when: 'Redis is half a second slow',
    happens:
      'commands are slow ({slow-redis.answers.p95}, p95) or told to try again; no server is restarted or taken for dead',
  },
  {
    when: "servers' clocks are an hour off",
    happens: "nothing: Redis' clock judges (who really went is shown away after {clocks-1h.marked.max})",
  },
  {
    when: 'somebody does not read',
    happens: 'he hears less, then is sent off; {slow-readers.queued.max} wait for him at most',
  },
  {
    when: '5,000 come back at once',
    happens: '{storm.crowd.p99} until they are in (p99); the rest is told 503 and when to come again',
  },
  {
    when: 'sockets say nothing',
    happens: 'they are closed within {slowloris.freed.max}; others come in within {slowloris.handshake.p99} (p99)',
  },
  {
    when: 'one user floods',
    happens: 'he is limited, then sent off; others are answered within {floods.others.p99} (p99)',
  },
  {
    when: 'a million malformed frames, huge and deep payloads',
    happens:
      'each ends its own connection at most; a server grows by {malformed.rss.max}, its loop is {giants.loop.max} late at p99',
  },
  {
    when: 'half an hour of all that, with people coming and going',
    happens:
      "a server's heap grows by {soak.growth.max} at most, every key of Redis has a life time, and none is left over in the end ({soak.keysLeft.max})",
  },
  {
    when: 'a user is revoked',
    happens:
      'his connections end within {tokens.revoked.p99} (p99), within {tokens.revokedCut.p99} where the news cannot get through',
  },
];

interface Figure {
  readonly unit: string;
  readonly [quantile: string]: unknown;
}

interface Played {
  readonly rows: readonly { readonly name: string; readonly figures: Readonly<Record<string, Figure>> }[];
}

/** The table. Throws when a figure is missing: a line that goes by itself is missed by nobody. */
export function faultTable(root: string): string {
  const { rows } = JSON.parse(readFileSync(`${root}docs/fault-table.json`, 'utf8')) as Played;
  const figures = new Map(rows.map((row) => [row.name, row.figures]));
  const shown = lines.map(({ when, happens }) => {
    const text = happens.replace(/\{([^}]+)\}/g, (_whole, name: string) => {
      const figure = figureText(name, figures);
      if (figure === null) throw new Error(`docs/fault-table.json has no ${name}`);
      return figure;
    });
    return `| ${when} | ${text} |`;
  });
  return ['| when | then |', '| --- | --- |', ...shown].join('\n');
}

function figureText(name: string, figures: ReadonlyMap<string, Readonly<Record<string, Figure>>>): string | null {
  const [row = '', figure = '', quantile = ''] = name.split('.');
  const found = figures.get(row)?.[figure];
  const value = found?.[quantile];
  if (value === 'never') return 'never';
  if (!found || typeof value !== 'number') return null;
  if (found.unit === 'ms' && value >= 1_000) return `${(value / 1_000).toFixed(1)} s`;
  const digits = value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
  return `${digits}${found.unit && ` ${found.unit}`}`;
}
