// Memory engine of the account store: the contract in plain code.
import type { UserNews } from '../../feed/user-feed.ts';
import type { Clock } from '../../ops/clock.ts';
import type { NodeId, SessionId, UserId } from '../../protocol/ids.ts';
import {
  type AccountStore,
  type AdmitResult,
  isRefusedBy,
  REVOCATION_NEWS_MS,
  REVOCATION_TTL_MS,
  type Revocation,
  SESSION_TTL_MS,
  SESSIONS_PER_USER_MAX,
  type SessionAdmission,
} from '../account-store.ts';

interface OpenSession {
  readonly since: number;
  readonly seenAt: number;
  readonly nodeId: NodeId;
}

export class MemoryAccountStore implements AccountStore {
  readonly #clock: Clock;
  readonly #announce: (news: UserNews) => void;
  readonly #sessions = new Map<UserId, Map<SessionId, OpenSession>>();
  readonly #revocations = new Map<UserId, Revocation & { readonly until: number }>();
  #lastSince = 0;

  constructor(clock: Clock, announce: (news: UserNews) => void) {
    this.#clock = clock;
    this.#announce = announce;
  }

  async admit({ userId, sessionId, issuedAt, since, nodeId, deadNodes }: SessionAdmission): Promise<AdmitResult> {
    if (this.#isRevoked(userId, issuedAt)) {
      this.#forget(userId, sessionId);
      return { status: 'revoked' };
    }
    const now = this.#clock.now();
    this.#lastSince = Math.max(this.#lastSince + 1, now * 1000);
    const sessions = this.#sessions.get(userId) ?? new Map<SessionId, OpenSession>();
    this.#sessions.set(userId, sessions);
    const admitted = { since: since ?? this.#lastSince, seenAt: now, nodeId };
    sessions.set(sessionId, admitted);
    for (const [id, one] of sessions) {
      if (one.seenAt <= now - SESSION_TTL_MS || deadNodes.has(one.nodeId)) sessions.delete(id);
    }
    const oldestFirst = [...sessions].sort(([, one], [, other]) => one.since - other.since).map(([id]) => id);
    const displaced = oldestFirst.slice(0, Math.max(0, oldestFirst.length - SESSIONS_PER_USER_MAX));
    for (const id of displaced) sessions.delete(id);
    if (displaced.length > 0) this.#announce({ kind: 'displaced', userId, sessions: displaced });
    return { status: 'admitted', since: admitted.since, displaced };
  }

  async release({ userId, sessionId }: { userId: UserId; sessionId: SessionId }): Promise<void> {
    this.#forget(userId, sessionId);
  }

  #forget(userId: UserId, sessionId: SessionId): void {
    const sessions = this.#sessions.get(userId);
    sessions?.delete(sessionId);
    if (sessions?.size === 0) this.#sessions.delete(userId);
  }

  async revoke(userId: UserId, until: number | null): Promise<Revocation> {
    const at = this.#clock.now();
    for (const [id, old] of this.#revocations) if (old.until <= at) this.#revocations.delete(id);
    const last = Math.max(until ?? at + REVOCATION_TTL_MS, this.#revocations.get(userId)?.until ?? 0);
    this.#revocations.set(userId, { userId, at, until: last });
    this.#announce({ kind: 'revoked', userId, at });
    return { userId, at };
  }

  async isRevoked({ userId, issuedAt }: { userId: UserId; issuedAt: number }): Promise<boolean> {
    return this.#isRevoked(userId, issuedAt);
  }

  #isRevoked(userId: UserId, issuedAt: number): boolean {
    const revocation = this.#revocations.get(userId);
    return revocation !== undefined && revocation.until > this.#clock.now() && isRefusedBy(issuedAt, revocation);
  }

  async revokedSince(at: number): Promise<readonly Revocation[]> {
    const oldest = Math.max(at, this.#clock.now() - REVOCATION_NEWS_MS);
    return [...this.#revocations.values()]
      .filter((revocation) => revocation.at >= oldest)
      .map(({ userId, at: revokedAt }) => ({ userId, at: revokedAt }));
  }
}
