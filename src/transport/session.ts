// One session: whose connection it is, until when his token lasts, and how the connection ends (CONN-5, CONN-6). Must
// not know rooms or commands.
import { type Authenticator, CLOCK_SKEW_MS, type Identity } from '../auth/authenticator.ts';
import type { CancelTimer, Clock } from '../ops/clock.ts';
import { type ClosingCode, closingTable } from '../protocol/errors.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { Caller } from '../rooms/caller.ts';
import { notNow, type Outcome, refuse, succeed } from '../rooms/outcome.ts';
import type { VoiceSocket } from './typed-socket.ts';
import { cutOff } from './wire.ts';

/** So long before `exp` the client is reminded: enough to fetch a token over a bad line, twice. */
const EXPIRING_BEFORE_MS = 60_000;
/** A client that does not take its last word is cut off after this; otherwise it could stay by not reading. */
const FAREWELL_MAX_MS = 5_000;

interface Parts {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly onRenewed: (sessionId: SessionId, identity: Identity) => void;
}

export class Session {
  readonly id: SessionId;
  readonly #socket: VoiceSocket;
  readonly #parts: Parts;
  #identity: Identity;
  #timers: CancelTimer[] = [];
  #isClosing = false;
  #endings: (() => void)[] = [];

  constructor(socket: VoiceSocket, identity: Identity, parts: Parts) {
    this.id = socket.id as SessionId;
    this.#socket = socket;
    this.#identity = identity;
    this.#parts = parts;
    this.#arm();
    socket.once('disconnect', () => this.#end());
  }

  /** `task` runs once, when the connection has ended or close() was called, whichever is first. */
  whenEnded(task: () => void): void {
    this.#endings.push(task);
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

  /** From `exp` + 30 s on nothing is accepted, not even a new token. */
  get isExpired(): boolean {
    return this.#parts.clock.now() >= this.#identity.expiresAt + CLOCK_SKEW_MS;
  }

  /** Takes a newer token of the same user (CONN-5). */
  async renew(token: string): Promise<Outcome> {
    const authentication = await this.#parts.authenticator.authenticate(token);
    if (!authentication.ok) {
      const { code } = authentication;
      return code === 'UNAVAILABLE' ? { ok: false, rejection: notNow(code) } : refuse(code);
    }
    const { identity } = authentication;
    if (identity.userId !== this.#identity.userId || identity.scope === 'service') return refuse('FORBIDDEN');
    // The token may have run out while the new one was looked at.
    if (this.#isClosing) return refuse('TOKEN_EXPIRED');
    this.#identity = identity;
    this.#parts.onRenewed(this.id, identity);
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
    const { message, reconnect } = closingTable[code];
    this.#socket.emit('session:closing', {
      code,
      message,
      reconnect,
      ...(afterMs === undefined ? {} : { afterMs: Math.ceil(afterMs) }),
    });
    const { conn } = this.#socket;
    const cancel = this.#parts.clock.after(FAREWELL_MAX_MS, () => cutOff(conn));
    conn.once('close', cancel);
    // A namespace disconnect tells socket.io-client to stay away; an ended transport makes it come back.
    if (reconnect === 'never') this.#socket.disconnect(true);
    else conn.close();
    // Not only when the client agrees to go: a dead line may take long to say so.
    this.#end();
  }

  #end(): void {
    this.#isClosing = true;
    this.#disarm();
    const endings = this.#endings;
    this.#endings = [];
    for (const task of endings) task();
  }

  #arm(): void {
    this.#disarm();
    const { expiresAt } = this.#identity;
    this.#at(expiresAt - EXPIRING_BEFORE_MS, () => this.#socket.emit('session:expiring', { at: expiresAt }));
    this.#at(expiresAt + CLOCK_SKEW_MS, () => this.close('TOKEN_EXPIRED'));
  }

  /** Timers may be shorter than a token's life, and the clock may have been set back meanwhile: then once more. */
  #at(moment: number, task: () => void): void {
    const { clock } = this.#parts;
    const cancel = clock.after(moment - clock.now(), () => {
      this.#timers.splice(this.#timers.indexOf(cancel), 1);
      if (clock.now() < moment) this.#at(moment, task);
      else task();
    });
    this.#timers.push(cancel);
  }

  #disarm(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
  }
}
