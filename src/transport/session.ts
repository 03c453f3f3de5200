// One session: whose connection it is, until when his token lasts, and how the connection ends (CONN-5, CONN-6). Must
// not know rooms or commands.
import { type Authenticator, CLOCK_SKEW_MS, type Identity } from '../auth/authenticator.ts';
import type { Agenda, AgendaEntry } from '../ops/agenda.ts';
import type { Clock } from '../ops/clock.ts';
import { type ClosingCode, closingTable } from '../protocol/errors.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { Caller } from '../rooms/contract/caller.ts';
import { fail, type Outcome, retryLater, succeed } from '../rooms/contract/outcome.ts';
import type { ServedSession, VoiceSocket } from './typed-socket.ts';
import { cutOff } from './wire.ts';

/** So long before `exp` the client is reminded: enough to fetch a token over a bad line, twice. */
const EXPIRING_BEFORE_MS = 60_000;
/** A client that does not take its last word is cut off after this; otherwise it could stay by not reading. */
const FAREWELL_MAX_MS = 5_000;

/** What all sessions have in common; a session of its own holds as little as it can, because most of them are idle. */
export interface SessionParts {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  /** Calls tokenDue() of the sessions in it. */
  readonly agenda: Agenda<Session>;
  readonly onRenewed: (sessionId: SessionId, identity: Identity) => void;
  /** Called once for each, when the connection has ended or close() was called, whichever is first. */
  readonly onEnded: (session: Session) => void;
}

export class Session implements ServedSession {
  readonly id: SessionId;
  readonly #socket: VoiceSocket;
  readonly #deps: SessionParts;
  #identity: Identity;
  /** When the client is to be reminded, or his time is over. */
  #due: AgendaEntry<Session> | null = null;
  #isReminded = false;
  #isClosing = false;
  #isMoving = false;
  #isEnded = false;

  constructor(socket: VoiceSocket, identity: Identity, deps: SessionParts) {
    this.id = socket.id as SessionId;
    this.#socket = socket;
    this.#identity = identity;
    this.#deps = deps;
    this.#arm();
  }

  /** Who calls, as the newest token has it. */
  get caller(): Caller {
    const { userId, name, avatar, level } = this.#identity;
    return { userId, name, avatar, level, sessionId: this.id };
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** True once close() was called: what still arrives is not heard. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** True once it was sent on to another node: what it has there waits for it. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** From `exp` + 30 s on nothing is accepted, not even a new token. */
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
    // The token may have run out while the new one was looked at.
    if (this.#isClosing) return fail('TOKEN_EXPIRED');
    this.#identity = identity;
    this.#deps.onRenewed(this.id, identity);
    this.#arm();
    return succeed({ tokenExpiresAt: identity.expiresAt });
  }

  /**
   * Says why, then ends the connection: so that Socket.IO clients come back by themselves where they should, and stay
   * away where they should not (CONN-10). Later calls do nothing.
   */
  close(code: ClosingCode, afterMs?: number): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#isMoving = code === 'DRAINING';
    const { message, reconnect } = closingTable[code];
    this.#socket.emit('session:closing', {
      code,
      message,
      reconnect,
      ...(afterMs === undefined ? {} : { afterMs: Math.ceil(afterMs) }),
    });
    const { conn } = this.#socket;
    const cancel = this.#deps.clock.after(FAREWELL_MAX_MS, () => cutOff(conn));
    conn.once('close', cancel);
    // A namespace disconnect tells socket.io-client to stay away; an ended transport makes it come back.
    if (reconnect === 'never') this.#socket.disconnect(true);
    else conn.close();
    // Not only when the client agrees to go: a dead line may take long to say so.
    this.ended();
  }

  /** The connection has ended. Later calls do nothing. */
  ended(): void {
    this.#isClosing = true;
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#disarm();
    this.#deps.onEnded(this);
  }

  #arm(): void {
    this.#disarm();
    this.#isReminded = false;
    this.#wait();
  }

  /** The moment has come, or so the agenda thinks: its clock is not the one by which tokens are judged. */
  tokenDue(): void {
    this.#due = null;
    const { expiresAt } = this.#identity;
    const isEarly = this.#deps.clock.now() < this.#moment;
    if (this.#isReminded && !isEarly) return void this.close('TOKEN_EXPIRED');
    if (!isEarly) {
      this.#isReminded = true;
      this.#socket.emit('session:expiring', { at: expiresAt });
    }
    this.#wait();
  }

  get #moment(): number {
    const { expiresAt } = this.#identity;
    return this.#isReminded ? expiresAt + CLOCK_SKEW_MS : expiresAt - EXPIRING_BEFORE_MS;
  }

  #wait(): void {
    const { agenda, clock } = this.#deps;
    this.#due = agenda.add(this, this.#moment - clock.now());
  }

  #disarm(): void {
    if (this.#due) this.#deps.agenda.cancel(this.#due);
    this.#due = null;
  }
}
