// A real socket.io-client against a real server, typed by the protocol; it records every event.
import { io, type ManagerOptions, type Socket } from 'socket.io-client';
import type { AckData } from '../../src/protocol/acks.ts';
import type { CommandName, PayloadInput } from '../../src/protocol/commands.ts';
import type { ErrorBody } from '../../src/protocol/errors.ts';
import type { ServerEventName, ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { Ack } from '../../src/protocol/socket-events.ts';

const ACK_TIMEOUT_MS = 10_000;

export class AppClient {
  readonly socket: Socket;
  readonly received: { readonly event: string; readonly payload: unknown }[] = [];

  constructor(url: string, auth: Record<string, unknown>, options: Partial<ManagerOptions> = {}) {
    this.socket = io(url, { transports: ['websocket'], auth, forceNew: true, autoConnect: false, ...options });
    this.socket.onAny((event: string, payload: unknown) => this.received.push({ event, payload }));
  }

  /** Resolves when connected; rejects with the connect_error (its `data` is the error body). */
  async connect(): Promise<this> {
    const outcome = new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
    this.socket.connect();
    await outcome;
    return this;
  }

  /** Resolves when it is connected, after any number of tries. */
  connected(): Promise<this> {
    return new Promise((resolve) => {
      if (this.socket.connected) resolve(this);
      else this.socket.once('connect', () => resolve(this));
    });
  }

  /** The raw ack of any event, also of an event that is not a command. */
  async ask(event: string, ...args: unknown[]): Promise<Ack<unknown>> {
    return (await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, ...args)) as Ack<unknown>;
  }

  async do<Name extends CommandName>(name: Name, payload: PayloadInput<Name>): Promise<AckData<Name>> {
    const answer = await this.ask(name, payload);
    if (!answer.ok) throw new Error(`${name} was refused: ${JSON.stringify(answer.error)}`);
    return answer.data as AckData<Name>;
  }

  /** The error with which the command is refused; throws when it is not. */
  async refused(event: string, ...args: unknown[]): Promise<ErrorBody> {
    const answer = await this.ask(event, ...args);
    if (answer.ok) throw new Error(`${event} was not refused`);
    return answer.error;
  }

  payloadsOf<Name extends ServerEventName>(event: Name): ServerEventPayload<Name>[] {
    return this.received.flatMap((item) => (item.event === event ? [item.payload as ServerEventPayload<Name>] : []));
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** A token of a server in development mode. */
export async function devToken(url: string, claims: { userId: string } & Record<string, unknown>): Promise<string> {
  const response = await fetch(`${url}/v1/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
  });
  const answer = (await response.json()) as Ack<{ token: string }>;
  if (!answer.ok) throw new Error(`no token: ${answer.error.code}`);
  return answer.data.token;
}

/** Connects as that user to a server in development mode. */
export async function connectAs(url: string, userId: string, more: Record<string, unknown> = {}): Promise<AppClient> {
  const token = await devToken(url, { userId, ...more });
  const client = new AppClient(url, { token, protocol: '1' });
  return client.connect().catch((error: Error & { readonly data?: unknown }) => {
    // A busy server refuses the handshake for a moment, and Socket.IO tries again by itself.
    if (error.data !== undefined || !client.socket.active) throw error;
    return client.connected();
  });
}
