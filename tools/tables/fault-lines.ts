// "What happens when", a line for each fault: the text is written here, the figures come from docs/fault-table.json.
import { readFileSync } from 'node:fs';
import { markdownTable } from './markdown.ts';

interface Line {
  readonly when: string;
  /** `{row.figure.quantile}` stands for a figure, named as in the JSON. */
  readonly happens: string;
  /** Whether README shows the line, too. */
  readonly isChosen?: true;
}

const lines: readonly Line[] = [
  {
    when: 'a node is killed',
    happens:
      'Its users come back on the other nodes to their seats ({kill-node.back.p99}, p99). A user who does not return shows as away after {kill-node.marked.max} and loses the seat when the grace ends.',
    isChosen: true,
  },
  {
    when: 'a node with a third of 3,000 users is killed',
    happens:
      'All users are back after {kill-crowd.crowd.max}. The event loops of the other nodes are {kill-crowd.loop.max} late at p99.',
  },
  {
    when: 'a node dies between a commit and its ack',
    happens:
      'The client asks again on another node and gets the first answer within {commit-and-ack.resolved.max}. Nothing is done twice.',
    isChosen: true,
  },
  {
    when: 'all nodes are replaced, one by one',
    happens: 'A user is away for {rolling.back.p99} (p99), and the other members do not see it.',
    isChosen: true,
  },
  {
    when: 'a node is killed in the middle of its stop',
    happens:
      'The users who were still on it show as away within {drain-killed.marked.max} and have their seats when they return.',
  },
  {
    when: 'a node is paused for 3, 8, 30 s',
    happens:
      'After the end of its lease its users show as away ({pause-30.marked.max}). It writes nothing stale and lets its members in again by itself.',
  },
  {
    when: 'Redis comes back empty',
    happens:
      'Rooms are complete again after {redis-empty.whole.max}, all clients after {redis-empty.resynced.max}, under a new epoch. The answers kept for repeated commands are lost.',
    isChosen: true,
  },
  {
    when: 'a Sentinel promotes a replica',
    happens:
      'There are no writes for {sentinel-failover.outage.p95} (p95). Acknowledged commands that no surviving copy had are lost (at most {sentinel-failover.ackedLost.max} in a run), and every client learns the new epoch.',
    isChosen: true,
  },
  {
    when: 'a master of a Redis Cluster dies',
    happens:
      'Its rooms are silent for {cluster-master.silent.max}. Clients repeat {cluster-master.repeated.max} of all calls meanwhile, and {cluster-master.failed.max} of the commands fail in the end.',
  },
  {
    when: 'slots move to another master',
    happens:
      '{cluster-reshard.failed.max} of the calls fail. News is late by at most {cluster-reshard.lag.max}. The rooms get a new epoch and lose nothing.',
  },
  {
    when: 'a subscription goes silent',
    happens:
      'The node notices it and replaces the subscription. News is late by at most {feed-hole.starvation.max}, and none is lost.',
  },
  {
    when: "a node's commands to Redis get no reply",
    happens:
      'Clients hear within {command-hole.answers.max} that they must try again. Memory grows by {command-hole.heap.max}.',
  },
  {
    when: 'a node is cut off from Redis for 5, 20, 60 s',
    happens:
      'It writes nothing. After the end of its lease its users show as away ({cut-20.marked.max}). It works again {cut-60.healed.max} after the cut. When the cut lasts as long as a grace, the node tells its seated members that they are out before their seats are free. Two users believe that they have one seat for {cut-60.beliefOverlap.max}.',
    isChosen: true,
  },
  {
    when: 'Redis is half a second slow',
    happens:
      'Commands are slow ({slow-redis.answers.p95}, p95), or the client hears that it must try again. No node restarts, and none is taken for dead.',
  },
  {
    when: 'the clocks of the nodes are an hour off',
    happens:
      'Nothing: the clock of Redis decides. A user who really dropped shows as away after {clocks-1h.marked.max}.',
  },
  {
    when: 'a client does not read',
    happens: 'It gets less, then its connection ends. At most {slow-readers.queued.max} wait for it.',
    isChosen: true,
  },
  {
    when: '5,000 users come back at once',
    happens: 'They are in after {storm.crowd.p99} (p99). Above the limit a client gets 503 and the time to come again.',
  },
  {
    when: 'sockets send nothing',
    happens:
      'They are closed within {slowloris.freed.max}. Other clients get in within {slowloris.handshake.p99} (p99).',
  },
  {
    when: 'one user floods',
    happens: 'The user is limited, then disconnected. Other users get their answers within {floods.others.p99} (p99).',
  },
  {
    when: 'a million malformed frames, huge and deep payloads',
    happens:
      'Each ends at most its own connection. The memory of a node grows by {malformed.rss.max}, its event loop is {giants.loop.max} late at p99.',
  },
  {
    when: 'half an hour of all that, while users come and go',
    happens:
      "A node's heap grows by at most {soak.growth.max}. Every key in Redis has a TTL, and {soak.keysLeft.max} are left over in the end.",
  },
  {
    when: 'a user is revoked',
    happens:
      "The user's connections end within {tokens.revoked.p99} (p99), and within {tokens.revokedCut.p99} where the news cannot get through.",
  },
];

interface Figure {
  readonly unit: string;
  readonly [quantile: string]: unknown;
}

interface Played {
  readonly rows: readonly { readonly name: string; readonly figures: Readonly<Record<string, Figure>> }[];
}

/** All lines. Throws when a figure is missing. */
export const faultTable = (root: string): string => tableOf(root, lines);

/** The lines that README shows. */
export const shortFaultTable = (root: string): string =>
  tableOf(
    root,
    lines.filter(({ isChosen }) => isChosen),
  );

function tableOf(root: string, shown: readonly Line[]): string {
  const { rows } = JSON.parse(readFileSync(`${root}docs/fault-table.json`, 'utf8')) as Played;
  const figures = new Map(rows.map((row) => [row.name, row.figures]));
  return markdownTable(
    ['when', 'then'],
    shown.map(({ when, happens }) => [when, withFigures(happens, figures)]),
  );
}

type Figures = ReadonlyMap<string, Readonly<Record<string, Figure>>>;

const withFigures = (text: string, figures: Figures): string =>
  text.replace(/\{([^}]+)\}/g, (_part, name: string) => {
    const figure = figureText(name, figures);
    if (figure === null) throw new Error(`docs/fault-table.json has no ${name}`);
    return figure;
  });

function figureText(name: string, figures: Figures): string | null {
  const [row = '', figure = '', quantile = ''] = name.split('.');
  const found = figures.get(row)?.[figure];
  const value = found?.[quantile];
  if (value === 'never') return 'never';
  if (!found || typeof value !== 'number') return null;
  if (found.unit === 'ms' && value >= 1_000) return `${(value / 1_000).toFixed(1)} s`;
  const digits = value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
  return `${digits}${found.unit && ` ${found.unit}`}`;
}
