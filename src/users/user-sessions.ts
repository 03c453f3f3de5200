// What concerns users across rooms: how many connections they have, and whose tokens are refused (CONN-13, CONN-14).
// Must not know sockets; a connection is an id and a way to end it.
import type { Authentication, Authenticator, Identity } from '../auth/authenticator.ts';
import type { UserFeed, UserNews } from '../feed/user-feed.ts';
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { NodeId, SessionId, UserId } from '../protocol/ids.ts';
import { rejectionFor } from '../rooms/contract/outcome.ts';
import type { RevocationTarget } from '../rooms/contract/revocation.ts';
import { type AccountStore, isRefusedBy, type Revocation, SESSION_TTL_MS } from '../store/account-store.ts';

/** How often a node asks for revocations that it was not told of: half of the 10 s in which they must take effect. */
const ASK_INTERVAL_MS = 5_000;
/** How far back it asks besides: a revocation may be listed a little before it refuses. */
const OVERLAP_MS = 15_000;
/** A revocation is carried out twice, in case something of the user was on its way the first time. */
const PASSES = 2;
const KEEP_INTERVAL_MS = SESSION_TTL_MS / 3;
/** How many sessions are kept alive at a time, so that the store is not asked about all of them at once. */
const KEEP_BATCH = 100;

export type EndCode = 'REVOKED' | 'REPLACED';

/** A connection of this node, from the moment it asks to be let in. */
interface ConnectionSlot {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  issuedAt: number;
  /** Null until the store has admitted it. */
  since: number | null;
  ended: EndCode | null;
  ending: Ending | null;
}

/** Ends the connection, saying why. */
interface Ending {
  close(code: EndCode): void;
}

export interface UserSessionsDeps {
  /** Judges tokens by themselves, without a look at revocations. */
  readonly authenticator: Authenticator;
  readonly accounts: AccountStore;
  readonly userFeed: UserFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
  readonly expel: (expulsion: RevocationTarget) => Promise<void>;
  /** This node as the store knows it now, and those that are gone. */
  readonly liveness: () => { readonly nodeId: NodeId; readonly deadNodes: ReadonlySet<NodeId> };
}

export class UserSessions implements Authenticator {
  readonly #deps: UserSessionsDeps;
  readonly #places = new Map<SessionId, ConnectionSlot>();
  readonly #byUser = new Map<UserId, readonly ConnectionSlot[]>();
  /** How often each recent revocation has been carried out here. */
  readonly #passes = new Map<UserId, Revocation & { passes: number }>();
  readonly #running = new Set<Promise<unknown>>();
  #timers: CancelTimer[] = [];
  #unsubscribe: () => Promise<void> = async () => undefined;
  /** Under which the sessions here were admitted. */
  #admittedUnder: NodeId;
  /** Revocations before this have been heard of or asked for. */
  #heardUntil: number;

  constructor(deps: UserSessionsDeps) {
    this.#deps = deps;
    this.#heardUntil = deps.storeNow();
    this.#admittedUnder = deps.liveness().nodeId;
  }

  /** Begins to listen; rejects when the feed cannot be had. */
  async start(): Promise<void> {
    const { userFeed } = this.#deps;
    this.#unsubscribe = await userFeed.subscribe({
      onNews: (news) => this.#onNews(news),
      onPossibleGap: () => this.#run(this.#askForRevocations()),
    });
    this.#every(ASK_INTERVAL_MS, () => this.#askForRevocations());
    this.#every(KEEP_INTERVAL_MS, () => this.#keepSessions());
    this.#every(ASK_INTERVAL_MS, () => this.#keepUnderNewId());
  }

  async close(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
    await this.#unsubscribe();
    await Promise.allSettled(this.#running);
  }

  /** For tokens that open no connection: HTTP and session:renew. */
  async authenticate(token: string): Promise<Authentication> {
    const authentication = await this.#deps.authenticator.authenticate(token);
    if (!authentication.ok) return authentication;
    try {
      const isRevoked = await this.#deps.accounts.isRevoked(authentication.identity);
      return isRevoked ? { ok: false, code: 'UNAUTHENTICATED' } : authentication;
    } catch (error) {
      if (!rejectionFor(error)) throw error;
      return { ok: false, code: 'UNAVAILABLE' };
    }
  }

  /** Lets a connection in, and the user's oldest one go if it is one too many. Throws as the store does. */
  async admit(sessionId: SessionId, { userId, issuedAt }: Identity): Promise<'admitted' | 'revoked'> {
    const place: ConnectionSlot = { userId, sessionId, issuedAt, since: null, ended: null, ending: null };
    // Known before the store is asked: news that overtake its answer find it.
    this.#places.set(sessionId, place);
    this.#byUser.set(userId, [...(this.#byUser.get(userId) ?? []), place]);
    try {
      const result = await this.#deps.accounts.admit({ ...place, ...this.#deps.liveness() });
      if (result.status === 'revoked' || place.ended === 'REVOKED') {
        this.#releaseSlot(place);
        return 'revoked';
      }
      place.since = result.since;
      // It went while it was being let in: then it was too early to take it off.
      if (this.#places.get(sessionId) !== place) this.#takeOff(place);
      this.#displace(result.displaced);
      return 'admitted';
    } catch (error) {
      // Perhaps the store has admitted it all the same, and after the release of a connection that has gone meanwhile.
      this.#releaseSlot(place);
      throw error;
    }
  }

  /** Says how that connection is ended; done at once when it should have ended meanwhile. */
  onClose(sessionId: SessionId, ending: Ending): void {
    const place = this.#places.get(sessionId);
    if (!place) return;
    place.ending = ending;
    if (place.ended) ending.close(place.ended);
  }

  /** The connection has shown a newer token. */
  renewed(sessionId: SessionId, { issuedAt }: Identity): void {
    const place = this.#places.get(sessionId);
    if (place) place.issuedAt = issuedAt;
  }

  /** The connection has ended. If the store cannot be told, it forgets the session by itself. */
  release(sessionId: SessionId): void {
    const place = this.#places.get(sessionId);
    if (place) this.#releaseSlot(place);
  }

  #releaseSlot(place: ConnectionSlot): void {
    this.#places.delete(place.sessionId);
    const others = this.#byUser.get(place.userId)?.filter((one) => one !== place) ?? [];
    if (others.length > 0) this.#byUser.set(place.userId, others);
    else this.#byUser.delete(place.userId);
    this.#takeOff(place);
  }

  #takeOff(place: ConnectionSlot): void {
    this.#run(this.#deps.accounts.release(place));
  }

  /**
   * Ends the user's connections and memberships on all nodes, and refuses every token issued up to now; until `until`
   * (store time, Unix milliseconds), or for 90 days. Throws as the store does; may be repeated.
   */
  revoke(userId: UserId, until: number | null = null): Promise<Revocation> {
    return this.#deps.accounts.revoke(userId, until);
  }

  #onNews(news: UserNews): void {
    if (news.kind === 'revoked') this.#run(this.#carryOut(news));
    // Newer nodes may tell of things this one does not know.
    if (news.kind === 'displaced') this.#displace(news.sessions);
  }

  #displace(sessions: readonly SessionId[]): void {
    for (const sessionId of sessions) {
      const place = this.#places.get(sessionId);
      if (place) this.#end(place, 'REPLACED');
    }
  }

  #end(place: ConnectionSlot, code: EndCode): void {
    place.ended ??= code;
    place.ending?.close(place.ended);
  }

  /** Memberships first, so that the connection still hears that they ended, then the connections. */
  async #carryOut({ userId, at }: Revocation): Promise<void> {
    const refused = (this.#byUser.get(userId) ?? []).filter((place) => isRefusedBy(place.issuedAt, { at }));
    for (const place of refused) place.ended ??= 'REVOKED';
    const sessions = new Set(refused.map(({ sessionId }) => sessionId));
    await this.#deps.expel({ userId, at, sessions });
    for (const place of refused) this.#end(place, 'REVOKED');
  }

  async #askForRevocations(): Promise<void> {
    const { accounts, storeNow } = this.#deps;
    const askedAt = storeNow();
    const since = this.#heardUntil - OVERLAP_MS;
    const revocations = await accounts.revokedSince(since);
    this.#heardUntil = askedAt;
    for (const [userId, { at }] of this.#passes) if (at < since) this.#passes.delete(userId);
    for (const revocation of revocations) {
      const known = this.#passes.get(revocation.userId);
      const passes = known?.at === revocation.at ? known.passes : 0;
      if (passes >= PASSES) continue;
      this.#passes.set(revocation.userId, { ...revocation, passes: passes + 1 });
      await this.#carryOut(revocation);
    }
  }

  /** This node was taken for gone: meanwhile the sessions here did not count. */
  async #keepUnderNewId(): Promise<void> {
    const { nodeId } = this.#deps.liveness();
    if (nodeId === this.#admittedUnder) return;
    await this.#keepSessions();
    this.#admittedUnder = nodeId;
  }

  /** Sessions that were revoked or displaced without our hearing of it show here at the latest. */
  async #keepSessions(): Promise<void> {
    const { accounts, liveness } = this.#deps;
    const open = [...this.#places.values()].filter(({ since }) => since !== null);
    for (let index = 0; index < open.length; index += KEEP_BATCH) {
      const batch = open.slice(index, index + KEEP_BATCH).filter(({ sessionId }) => this.#places.has(sessionId));
      await Promise.all(
        batch.map(async (place) => {
          const result = await accounts.admit({ ...place, ...liveness() });
          if (!this.#places.has(place.sessionId)) this.#takeOff(place);
          else if (result.status === 'admitted') this.#displace(result.displaced);
          // When it was revoked is not known, only that this token is: what newer ones have begun is left alone.
          else await this.#carryOut({ userId: place.userId, at: place.issuedAt });
        }),
      );
    }
  }

  #every(intervalMs: number, task: () => Promise<void>): void {
    const again = () => {
      this.#timers[index] = this.#deps.clock.after(intervalMs, () => {
        again();
        this.#run(task());
      });
    };
    const index = this.#timers.length;
    again();
  }

  /** Nobody waits for it but close(). What did not succeed is found by the next asking. */
  #run(task: Promise<unknown>): void {
    const running = task.catch((error: unknown) => {
      const isAway = rejectionFor(error) !== null;
      if (isAway) this.#deps.logger.warn({ error }, 'the store of accounts did not answer; it will be asked again');
      else this.#deps.logger.error({ error }, 'an account could not be kept up');
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }
}
