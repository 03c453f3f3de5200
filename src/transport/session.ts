// One session: the user of a socket, the life of their token, and how the connection ends (CONN-5, CONN-6). Also
// Socket.IO's types with our event maps and the session of each socket.
//
//     valid ──60 s before `exp`: reminded──▶ expiring ──30 s after `exp`──▶ closing
//     expiring ──renew──▶ valid
//     valid, expiring ──close──▶ closing ──in the same call──▶ ended
//     valid, expiring ──the connection ends──▶ ended
import type { Server, Socket } from 'socket.io';
import { type Authenticator, CLOCK_SKEW_MS, type Identity } from '../auth/authenticator.ts';
import type { Agenda, AgendaEntry } from '../ops/agenda.ts';
import type { Clock } from '../ops/clock.ts';
import { type ClosingCode, closingTable } from '../protocol/errors.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../protocol/socket-events.ts';
import type { Caller } from '../rooms/contract/caller.ts';
import { fail, type Outcome, retryLater, succeed } from '../rooms/contract/outcome.ts';
import { cutOff } from './wire.ts';

/** The reminder comes this long before `exp`: enough to fetch a token over a bad network, twice (CONN-5). */
const EXPIRING_BEFORE_MS = 60_000;
/** A client that does not read `session:closing` is cut off after this; it could stay by not reading (CONN-6). */
const CLOSING_MAX_MS = 5_000;

interface SocketData {
  /** Set by the handshake, until the session exists. */
  identity?: Identity;
  /** Set from then on. */
  session?: Session;
}
type NoInterServerEvents = Record<string, never>;
export type VoiceServer = Server<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
export type VoiceSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;

/** What all sessions share. A session itself holds as little as it can, because most sessions are idle. */
export interface SessionDeps {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  /** Calls tokenDue() of the sessions in it. */
  readonly agenda: Agenda<Session>;
  readonly onRenewed: (sessionId: SessionId, identity: Identity) => void;
  /** Called once for each session: when its connection has ended or close() was called, whichever is first. */
  readonly onEnded: (session: Session) => void;
}

type SessionState =
  /** Commands are served. `due`: the reminder (`valid`), or the end of the token (`expiring`). */
  | { readonly is: 'valid' | 'expiring'; readonly due: AgendaEntry<Session> }
  /** The client is being told why the connection ends. */
  | { readonly is: 'closing'; readonly code: ClosingCode }
  /** `code`: why the server closed it; null when the connection ended by itself. */
  | { readonly is: 'ended'; readonly code: ClosingCode | null };

export class Session {
  readonly id: SessionId;
  readonly #socket: VoiceSocket;
  readonly #deps: SessionDeps;
  #identity: Identity;
  #state: SessionState;

  constructor(socket: VoiceSocket, identity: Identity, deps: SessionDeps) {
    this.id = socket.id as SessionId;
    this.#socket = socket;
    this.#identity = identity;
    this.#deps = deps;
    this.#state = this.#served('valid');
  }

  /** The user, as the newest token describes them. */
  get caller(): Caller {
    const { userId, name, avatar, level } = this.#identity;
    return { userId, name, avatar, level, sessionId: this.id };
  }

  /** True from close() on, or when the connection has ended: later commands are dropped. */
  get isClosing(): boolean {
    return !('due' in this.#state);
  }

  /** True when it was sent to another node: its memberships wait for it there (CONN-12). */
  get isDrained(): boolean {
    return 'code' in this.#state && this.#state.code === 'DRAINING';
  }

  /** From `exp` + 30 s on nothing is accepted, not even a new token (CONN-5). */
  get isExpired(): boolean {
    return this.#deps.clock.now() >= this.#identity.expiresAt + CLOCK_SKEW_MS;
  }

  /** Takes a newer token of the same user (CONN-5). */
  async renew(token: string): Promise<Outcome> {
    const authentication = await this.#deps.authenticator.authenticate(token);
    if (!authentication.ok) {
      const { code } = authentication;
      return code === 'UNAVAILABLE' ? { ok: false, rejection: retryLater(code) } : fail(code);
    }
    const { identity } = authentication;
    if (identity.userId !== this.#identity.userId || identity.scope === 'service') return fail('FORBIDDEN');
    // The old token may have ended while the new one was verified.
    if (this.isClosing) return fail('TOKEN_EXPIRED');
    this.#identity = identity;
    this.#deps.onRenewed(this.id, identity);
    this.#enter(this.#served('valid'));
    return succeed({ tokenExpiresAt: identity.expiresAt });
  }

  /**
   * Sends the reason, then ends the connection in the way that makes Socket.IO clients come back, or stay away, as the
   * reason demands (CONN-10). Later calls do nothing.
   */
  close(code: ClosingCode, afterMs?: number): void {
    if (this.isClosing) return;
    this.#enter({ is: 'closing', code });
    const { message, reconnect } = closingTable[code];
    this.#socket.emit('session:closing', {
      code,
      message,
      reconnect,
      ...(afterMs === undefined ? {} : { afterMs: Math.ceil(afterMs) }),
    });
    const { conn } = this.#socket;
    const cancel = this.#deps.clock.after(CLOSING_MAX_MS, () => cutOff(conn));
    conn.once('close', cancel);
    // A namespace disconnect tells socket.io-client to stay away; an ended transport makes it come back.
    if (reconnect === 'never') this.#socket.disconnect(true);
    else conn.close();
    // Does not wait for the client's goodbye: a dead connection may take long to report its end.
    this.onDisconnected();
  }

  /** The connection has ended. Later calls do nothing. */
  onDisconnected(): void {
    if (this.#state.is === 'ended') return;
    this.#enter({ is: 'ended', code: this.#state.is === 'closing' ? this.#state.code : null });
    this.#deps.onEnded(this);
  }

  /** The agenda's moment has come. It may be early, because tokens are judged by another clock. */
  tokenDue(): void {
    const { is } = this.#state;
    if (is !== 'valid' && is !== 'expiring') return;
    if (this.#deps.clock.now() < this.#moment(is)) this.#enter(this.#served(is));
    else if (is === 'expiring') this.close('TOKEN_EXPIRED');
    else {
      this.#enter(this.#served('expiring'));
      this.#socket.emit('session:expiring', { at: this.#identity.expiresAt });
    }
  }

  #served(is: 'valid' | 'expiring'): SessionState {
    const { agenda, clock } = this.#deps;
    return { is, due: agenda.add(this, this.#moment(is) - clock.now()) };
  }

  /** When the client is reminded, or the token's time is over (Unix milliseconds). */
  #moment(is: 'valid' | 'expiring'): number {
    const { expiresAt } = this.#identity;
    return is === 'expiring' ? expiresAt + CLOCK_SKEW_MS : expiresAt - EXPIRING_BEFORE_MS;
  }

  #enter(next: SessionState): void {
    if ('due' in this.#state) this.#deps.agenda.cancel(this.#state.due);
    this.#state = next;
  }
}
