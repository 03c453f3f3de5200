// Where Redis is (one server, a master that Sentinels know, or a Cluster), and the credentials for it.

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** In the `url` of Sentinel and Cluster only credentials, database and TLS (rediss) count, for all servers. */
export type RedisTopology =
  | { readonly kind: 'standalone'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly Address[];
      readonly name: string;
      readonly url: string | null;
      /** The credentials of the Sentinels themselves. */
      readonly sentinelAccess: Pick<RedisAccess, 'username' | 'password'>;
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly Address[]; readonly url: string | null };

/** The credentials and settings of a connection. */
export interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: Record<string, never>;
}

export const addressText = ({ host, port }: Address): string => `${host}:${port}`;

/** Reads `host:port`; an IPv6 address may stand in brackets. Null when it is no address. */
export function parseAddress(text: string): Address | null {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text.trim()) ?? [];
  if (host === undefined || Number(port) > 65_535 || /[\s/@]/.test(host)) return null;
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** The parts of a Redis URL that do not depend on the server's address. */
export function accessOf(url: string | null): RedisAccess {
  if (url === null) return {};
  const { username, password, protocol } = new URL(url);
  const db = databaseOf(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(db > 0 ? { db } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** The database that a Redis URL names; 0 when it names none. */
export const databaseOf = (url: string): number => Number(/^\/(\d+)/.exec(new URL(url).pathname)?.[1] ?? 0);
