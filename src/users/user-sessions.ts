// The sessions of users across rooms and nodes: how many connections a user may have, and whose tokens are refused
// (CONN-13, CONN-14). A connection here is an id and a way to close it.
import type { Authentication, Authenticator, Identity } from '../auth/authenticator.ts';
import type { UserFeed, UserNews } from '../feed/user-feed.ts';
import { chunksOf } from '../lang/chunks.ts';
import type { Ambient } from '../ops/ambient.ts';
import type { CancelTimer } from '../ops/clock.ts';
import { every } from '../ops/repeat.ts';
import type { NodeId, SessionId, UserId } from '../protocol/ids.ts';
import { rejectionFor } from '../rooms/contract/outcome.ts';
import type { RevocationTarget } from '../rooms/contract/revocation.ts';
import { type AccountStore, isRefusedBy, type Revocation, SESSION_TTL_MS } from '../store/account-store.ts';

/** How often a node polls for revocations that it missed on the feed: half of the 10 s in which they take effect. */
const POLL_INTERVAL_MS = 5_000;
/** Each poll reaches back this much further: the store may list a revocation a little before it refuses tokens. */
const POLL_OVERLAP_MS = 15_000;
/** A revocation is enforced twice, in case a join of the user was in flight the first time. */
const PASSES = 2;
const KEEP_ALIVE_INTERVAL_MS = SESSION_TTL_MS / 3;
/** How many sessions are kept alive at a time, so that the store does not get all of them at once. */
const KEEP_ALIVE_BATCH = 100;

export type EndCode = 'REVOKED' | 'REPLACED';

/** An open connection; close() ends it and sends the code to the client. */
interface ClosableConnection {
  close(code: EndCode): void;
}

/** One connection of this node, from the moment it asks for admission. */
interface ConnectionSlot {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  issuedAt: number;
  /** What the store's admission returned; null before it. */
  since: number | null;
  /** Why the connection must end; may be known before the connection is attached. */
  endCode: EndCode | null;
  connection: ClosableConnection | null;
}

export interface UserSessionsDeps extends Pick<Ambient, 'clock' | 'logger'> {
  /** Judges tokens by themselves, without revocations. */
  readonly authenticator: Authenticator;
  readonly accounts: AccountStore;
  readonly userFeed: UserFeed;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
  readonly revokeMemberships: (target: RevocationTarget) => Promise<void>;
  /** This node's present id in the store, and the dead nodes. */
  readonly liveness: () => { readonly nodeId: NodeId; readonly deadNodes: ReadonlySet<NodeId> };
}

export class UserSessions implements Authenticator {
  readonly #deps: UserSessionsDeps;
  readonly #slots = new Map<SessionId, ConnectionSlot>();
  readonly #slotsOfUser = new Map<UserId, readonly ConnectionSlot[]>();
  /** How often each recent revocation was enforced here. */
  readonly #passes = new Map<UserId, Revocation & { passes: number }>();
  readonly #running = new Set<Promise<unknown>>();
  #timers: readonly CancelTimer[] = [];
  #unsubscribe: () => Promise<void> = async () => undefined;
  /** The node id under which the sessions here were admitted. */
  #admittedUnder: NodeId;
  /** Store time up to which this node knows all revocations. */
  #polledUntil: number;

  constructor(deps: UserSessionsDeps) {
    this.#deps = deps;
    this.#polledUntil = deps.storeNow();
    this.#admittedUnder = deps.liveness().nodeId;
  }

  /** Subscribes to the users' feed; rejects when that fails. */
  async start(): Promise<void> {
    const { userFeed, clock } = this.#deps;
    this.#unsubscribe = await userFeed.subscribe({
      onNews: (news) => this.#onNews(news),
      onPossibleGap: () => this.#inBackground(this.#pollRevocations()),
    });
    this.#timers = [
      every(clock, POLL_INTERVAL_MS, () => this.#inBackground(this.#pollRevocations())),
      every(clock, KEEP_ALIVE_INTERVAL_MS, () => this.#inBackground(this.#keepAlive())),
      every(clock, POLL_INTERVAL_MS, () => this.#inBackground(this.#admitUnderNewId())),
    ];
  }

  async close(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    await this.#unsubscribe();
    await Promise.allSettled(this.#running);
  }

  /** For tokens that open no connection: those of HTTP and session:renew. */
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

  /** Admits a connection; if the user has one too many then, their oldest one is closed. Throws as the store does. */
  async admit(sessionId: SessionId, { userId, issuedAt }: Identity): Promise<'admitted' | 'revoked'> {
    const slot: ConnectionSlot = { userId, sessionId, issuedAt, since: null, endCode: null, connection: null };
    // Registered before the store is asked: news that overtakes its answer finds the slot.
    this.#slots.set(sessionId, slot);
    this.#slotsOfUser.set(userId, [...(this.#slotsOfUser.get(userId) ?? []), slot]);
    try {
      const result = await this.#deps.accounts.admit({ ...slot, ...this.#deps.liveness() });
      if (result.status === 'revoked' || slot.endCode === 'REVOKED') {
        this.#releaseSlot(slot);
        return 'revoked';
      }
      slot.since = result.since;
      // The connection ended during its admission. The release then was too early for the store.
      if (this.#slots.get(sessionId) !== slot) this.#releaseInStore(slot);
      this.#closeReplaced(result.displaced);
      return 'admitted';
    } catch (error) {
      // The store may have admitted the session nevertheless, perhaps after the release of a connection that has ended.
      this.#releaseSlot(slot);
      throw error;
    }
  }

  /** The admitted connection is open. If it should have ended meanwhile, it is closed at once. */
  attach(sessionId: SessionId, connection: ClosableConnection): void {
    const slot = this.#slots.get(sessionId);
    if (!slot) return;
    slot.connection = connection;
    if (slot.endCode) connection.close(slot.endCode);
  }

  /** The connection has shown a newer token. */
  renewed(sessionId: SessionId, { issuedAt }: Identity): void {
    const slot = this.#slots.get(sessionId);
    if (slot) slot.issuedAt = issuedAt;
  }

  /** The connection has ended. If the store cannot be told, the session expires there. */
  release(sessionId: SessionId): void {
    const slot = this.#slots.get(sessionId);
    if (slot) this.#releaseSlot(slot);
  }

  #releaseSlot(slot: ConnectionSlot): void {
    this.#slots.delete(slot.sessionId);
    const others = this.#slotsOfUser.get(slot.userId)?.filter((one) => one !== slot) ?? [];
    if (others.length > 0) this.#slotsOfUser.set(slot.userId, others);
    else this.#slotsOfUser.delete(slot.userId);
    this.#releaseInStore(slot);
  }

  #releaseInStore(slot: ConnectionSlot): void {
    this.#inBackground(this.#deps.accounts.release(slot));
  }

  /**
   * Ends the user's connections and memberships on all nodes, and refuses every token issued up to now. Lasts until
   * `until` (store time, Unix milliseconds), or for 90 days. Throws as the store does; may be repeated.
   */
  revoke(userId: UserId, until: number | null = null): Promise<Revocation> {
    return this.#deps.accounts.revoke(userId, until);
  }

  #onNews(news: UserNews): void {
    if (news.kind === 'revoked') this.#inBackground(this.#enforce(news));
    // Other kinds of news may come from newer nodes; this one ignores them.
    if (news.kind === 'displaced') this.#closeReplaced(news.sessions);
  }

  #closeReplaced(sessions: readonly SessionId[]): void {
    for (const sessionId of sessions) {
      const slot = this.#slots.get(sessionId);
      if (slot) this.#end(slot, 'REPLACED');
    }
  }

  #end(slot: ConnectionSlot, code: EndCode): void {
    slot.endCode ??= code;
    slot.connection?.close(slot.endCode);
  }

  /** Memberships end first, so that the connections still get the news of it; then the connections end. */
  async #enforce({ userId, at }: Revocation): Promise<void> {
    const refused = (this.#slotsOfUser.get(userId) ?? []).filter((slot) => isRefusedBy(slot.issuedAt, { at }));
    for (const slot of refused) slot.endCode ??= 'REVOKED';
    const sessions = new Set(refused.map(({ sessionId }) => sessionId));
    await this.#deps.revokeMemberships({ userId, at, sessions });
    for (const slot of refused) this.#end(slot, 'REVOKED');
  }

  async #pollRevocations(): Promise<void> {
    const { accounts, storeNow } = this.#deps;
    const polledAt = storeNow();
    const since = this.#polledUntil - POLL_OVERLAP_MS;
    const revocations = await accounts.revokedSince(since);
    this.#polledUntil = polledAt;
    for (const [userId, { at }] of this.#passes) if (at < since) this.#passes.delete(userId);
    for (const revocation of revocations) {
      const known = this.#passes.get(revocation.userId);
      const passes = known?.at === revocation.at ? known.passes : 0;
      if (passes >= PASSES) continue;
      this.#passes.set(revocation.userId, { ...revocation, passes: passes + 1 });
      await this.#enforce(revocation);
    }
  }

  /** This node was declared dead and has a new id. Meanwhile its sessions did not count. */
  async #admitUnderNewId(): Promise<void> {
    const { nodeId } = this.#deps.liveness();
    if (nodeId === this.#admittedUnder) return;
    await this.#keepAlive();
    this.#admittedUnder = nodeId;
  }

  /** Admits all sessions again. This also finds sessions whose revocation or replacement this node has missed. */
  async #keepAlive(): Promise<void> {
    const { accounts, liveness } = this.#deps;
    const admitted = [...this.#slots.values()].filter(({ since }) => since !== null);
    for (const chunk of chunksOf(admitted, KEEP_ALIVE_BATCH)) {
      const open = chunk.filter(({ sessionId }) => this.#slots.has(sessionId));
      await Promise.all(
        open.map(async (slot) => {
          const result = await accounts.admit({ ...slot, ...liveness() });
          if (!this.#slots.has(slot.sessionId)) this.#releaseInStore(slot);
          else if (result.status === 'admitted') this.#closeReplaced(result.displaced);
          // The time of the revocation is unknown, only that it covers this token. Sessions of newer tokens stay.
          else await this.#enforce({ userId: slot.userId, at: slot.issuedAt });
        }),
      );
    }
  }

  /** Only close() waits for the task. If it fails, the next poll or keep-alive repairs that. */
  #inBackground(task: Promise<unknown>): void {
    const running = task.catch((error: unknown) => {
      const { logger } = this.#deps;
      if (rejectionFor(error)) {
        logger.warn({ event: 'users.store.retry', error }, 'The account store did not answer; it is asked again.');
      } else logger.error({ event: 'users.failed', error }, 'The sessions of a user could not be updated.');
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }
}
