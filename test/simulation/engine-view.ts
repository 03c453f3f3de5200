// The engines as one node sees them: every call goes over its link.
import type { Engines } from '../../src/engines.ts';
import type { RoomFeed } from '../../src/feed/room-feed.ts';
import type { Link } from './link.ts';

type AnyStore = Readonly<Record<string, unknown>>;

/** The stores behind the node's link. `storeNow` is the store time as the node knows it. */
export function viewOf(engines: Engines, deps: { link: Link; feed: RoomFeed; storeNow: () => number }): Engines {
  const parts = Object.entries(engines).map(([name, part]) => [
    name,
    storeNames.has(name) ? overLink(part, { name, ...deps }) : part,
  ]);
  return { ...Object.fromEntries(parts), feed: deps.feed, close: () => undefined } as Engines;
}

interface Way {
  readonly name: string;
  readonly link: Link;
  readonly storeNow: () => number;
}

function overLink(store: object, { name, link, storeNow }: Way): object {
  return new Proxy(store, {
    get(target, method) {
      const own = (target as AnyStore)[method as string];
      if (method === 'now') return storeNow;
      if (typeof own !== 'function') return own;
      return (...args: unknown[]) => {
        const lane = typeof args[0] === 'string' ? args[0] : name;
        return link.call({ lane, carryOut: async () => own.apply(target, args) as unknown });
      };
    },
  });
}

/** Only stores are wrapped; recovery, feeds, tables and plain functions are not. */
const stores: readonly (keyof Engines)[] = [
  'store',
  'presence',
  'sanctions',
  'attempts',
  'messages',
  'directory',
  'nodes',
  'leases',
  'scans',
  'accounts',
];
const storeNames: ReadonlySet<string> = new Set(stores);
