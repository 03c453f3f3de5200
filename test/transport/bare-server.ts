// Our socket server without an app, for tests that look inside engine.io and ws. It has no tokens, and two events.
import { createServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { WebSocket } from 'ws';
import { systemClock } from '../../src/ops/clock.ts';
import { systemRandom } from '../../src/ops/random.ts';
import { Admission } from '../../src/transport/admission.ts';
import type { VoiceServer, VoiceSocket } from '../../src/transport/session.ts';
import { createSocketServer } from '../../src/transport/socket-server.ts';
import { inTime } from '../support/test-app.ts';

export interface BareServer {
  readonly url: string;
  readonly io: VoiceServer;
  /** The server's ends of the connections, in the order in which they came. */
  readonly connections: VoiceSocket['conn'][];
  /** The argument of every `say`, from all connections. */
  readonly received: unknown[];
  stop(): Promise<void>;
}

/** `say` is acknowledged with its own argument, `give` with that number of characters. */
export async function startBareServer(how: { readonly polling?: boolean } = {}): Promise<BareServer> {
  const httpServer = createServer();
  const [clock, random] = [systemClock, systemRandom];
  const admission = new Admission({
    clock,
    random,
    handshakesPerSecond: 10_000,
    loopDelay: inTime,
    isDraining: () => false,
  });
  const polling = how.polling ?? false;
  const io = createSocketServer(httpServer, { allowedOrigins: null, polling, admission, clock, adapter: null });
  const connections: VoiceSocket['conn'][] = [];
  const received: unknown[] = [];
  io.engine.on('connection', (connection: VoiceSocket['conn']) => connections.push(connection));
  io.on('connection', (socket) => {
    socket.onAny((event: string, argument: unknown, acknowledge?: (answer: unknown) => void) => {
      if (event === 'say') received.push(argument);
      acknowledge?.(event === 'give' ? 'x'.repeat(Number(argument)) : argument);
    });
  });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const address = httpServer.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    io,
    connections,
    received,
    stop: () => new Promise((resolve) => void io.close(() => resolve())),
  };
}

/** The layers under a connection of engine.io, as the code that writes frames itself reaches them. */
export interface Underneath {
  readonly transport: {
    readonly name: string;
    readonly perMessageDeflate: unknown;
    readonly socket: WebSocket & {
      readonly _socket: NetSocket;
      readonly _extensions: Readonly<Record<string, { readonly _inflate: unknown; readonly _deflate: unknown }>>;
    };
    _canSendPreEncodedFrame(packet: { readonly options: object }): boolean;
  };
}
export const underneath = (connection: VoiceSocket['conn'] | undefined): Underneath['transport'] =>
  (connection as unknown as Underneath).transport;

/** A frame as the server sends it: unmasked. */
export const sharedFrame = (payload: Buffer): Buffer =>
  Buffer.concat([
    payload.length < 126
      ? Buffer.from([0xc1, payload.length])
      : Buffer.from([0xc1, 126, payload.length >> 8, payload.length & 255]),
    payload,
  ]);
