// After the handshake the server keeps neither the request nor the token of a connection.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { io as connect } from 'socket.io-client';
import { expect, test } from 'vitest';
import { JwtAuthenticator, signToken } from '../../src/auth/authenticator-jwt.ts';
import { createMemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { systemRandom } from '../../src/ops/random.ts';
import { Admission } from '../../src/transport/admission.ts';
import { SocketConnections } from '../../src/transport/connections-socketio.ts';
import type { VoiceSocket } from '../../src/transport/session.ts';
import { acceptSockets, createSocketServer } from '../../src/transport/socket-server.ts';
import { UserSessions } from '../../src/users/user-sessions.ts';
import { onItsOwn } from '../support/stored-room.ts';
import { inTime } from '../support/test-app.ts';

const SECRET = 's'.repeat(40);
const ambient = { clock: systemClock, random: systemRandom, logger: createLogger('silent') };

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** A server that serves no command, and the requests with which its connections began. */
function aServer() {
  const http = createServer();
  const requests: WeakRef<IncomingMessage>[] = [];
  http.on('upgrade', (request) => requests.push(new WeakRef(request)));
  const admission = new Admission({ ...ambient, handshakesPerSecond: 100, loopDelay: inTime, isDraining: () => false });
  const io = createSocketServer(http, { ...ambient, allowedOrigins: null, polling: false, admission, adapter: null });
  const engines = createMemoryEngines(systemClock);
  const key = { kind: 'secret' as const, secret: SECRET };
  const authenticator = new JwtAuthenticator({ key, issuer: null, audience: null }, systemClock);
  const storeNow = () => engines.store.now();
  const quiet = { revokeMemberships: async () => undefined, liveness: () => onItsOwn };
  const userSessions = new UserSessions({ ...engines, ...ambient, authenticator, storeNow, ...quiet });
  const service = { serve: () => undefined, onEnded: () => undefined };
  const connections = new SocketConnections({ ...ambient, metrics: new Metrics() });
  acceptSockets(io, {
    ...ambient,
    authenticator,
    userSessions,
    connections,
    service,
    now: storeNow,
    isDraining: () => false,
  });
  return { http, io, requests };
}

test('[CONN-2] neither the token nor the request of an admitted connection is kept', async () => {
  const { http, io, requests } = aServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const iat = Math.floor(systemClock.now() / 1000);
  const token = await signToken({ sub: 'alice', iat, exp: iat + 60 }, SECRET);
  const { port } = http.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], auth: { token, protocol: '1' } });
  await new Promise((resolve) => client.once('session:ready', resolve));
  const [socket] = io.of('/').sockets.values() as Iterable<VoiceSocket>;
  expect(socket?.handshake).toMatchObject({ auth: {}, headers: {} });
  expect(JSON.stringify(socket?.handshake)).not.toContain(token);
  expect(requests.length).toBeGreaterThan(0);
  await expect
    .poll(() => {
      collectGarbage();
      return requests.filter((request) => request.deref()).length;
    })
    .toBe(0);
  expect(socket?.connected).toBe(true);
  client.disconnect();
  await io.close();
});
