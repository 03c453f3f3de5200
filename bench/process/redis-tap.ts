// A proxy between one server and Redis that counts the published messages which Redis sends to this server, by channel.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PushCounter } from './push-counter.ts';

export interface RedisTap {
  /** The address that the server uses as Redis. */
  readonly url: string;
  /** Messages by channel since the beginning. */
  messages(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export async function tapRedis(redisUrl: string): Promise<RedisTap> {
  const { hostname, port } = new URL(redisUrl);
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect({ host: hostname, port: Number(port), noDelay: true });
    client.setNoDelay(true);
    const counter = new PushCounter((channel) => counts.set(channel, (counts.get(channel) ?? 0) + 1));
    redis.on('data', (bytes: Buffer) => counter.take(bytes));
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: () => new Map(counts),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
