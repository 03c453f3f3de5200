// The account store's contract, run against every engine: sessions of a user, and the refusal of tokens. The clauses
// [U1]…[U4] are those of src/store/account-store.ts, [N1] that of src/feed/user-feed.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { UserListener, UserNews } from '../../src/feed/user-feed.ts';
import type { SessionId, UserId } from '../../src/protocol/ids.ts';
import { SESSIONS_PER_USER_MAX, type SessionAdmission } from '../../src/store/account-store.ts';
import { nodeId, onItsOwn, uniqueId, userId } from '../support/stored-room.ts';

export class UserEar implements UserListener {
  readonly received: UserNews[] = [];
  doubts = 0;

  onNews(news: UserNews): void {
    this.received.push(news);
  }

  onPossibleGap(): void {
    this.doubts++;
  }

  /** The news of that user. */
  of(user: UserId): UserNews[] {
    return this.received.filter((news) => news.userId === user);
  }
}

const session = () => uniqueId('s') as SessionId;

export function accountStoreContract(engine: () => Engines): void {
  let user: UserId;
  let issuedAt: number;

  beforeEach(() => {
    user = userId(uniqueId('user'));
    issuedAt = Math.floor(engine().store.now() / 1000) * 1000 - 60_000;
  });
  const admit = (sessionId: SessionId, more: Partial<SessionAdmission> = {}) =>
    engine().accounts.admit({ userId: user, sessionId, issuedAt, since: null, ...onItsOwn, ...more });
  /** Opens `count` sessions, the oldest first. */
  const open = async (count: number) => {
    const ids = Array.from({ length: count }, session);
    for (const id of ids) expect(await admit(id)).toMatchObject({ status: 'admitted', displaced: [] });
    return ids;
  };

  test('[CONN-14][U2] the sixth session displaces the oldest, and every node gets the news', async () => {
    const ear = new UserEar();
    await engine().userFeed.subscribe(ear);
    const [oldest] = await open(SESSIONS_PER_USER_MAX);
    expect(await admit(session())).toMatchObject({ status: 'admitted', displaced: [oldest] });
    await expect.poll(() => ear.of(user)).toEqual([{ kind: 'displaced', userId: user, sessions: [oldest] }]);
  });

  test('[CONN-14] a released session makes room for another', async () => {
    const [first] = await open(SESSIONS_PER_USER_MAX);
    await engine().accounts.release({ userId: user, sessionId: first as SessionId });
    expect(await admit(session())).toMatchObject({ displaced: [] });
  });

  test('[CONN-14] each user is counted alone', async () => {
    await open(SESSIONS_PER_USER_MAX);
    user = userId(uniqueId('user'));
    expect(await admit(session())).toMatchObject({ displaced: [] });
  });

  test('[CONN-14][U3] admitting again keeps a session’s age; one whose displacement was missed finds out', async () => {
    const oldest = session();
    const first = await admit(oldest);
    if (first.status !== 'admitted') throw new Error('was refused');
    await open(SESSIONS_PER_USER_MAX - 1);
    expect(await admit(oldest, { since: first.since })).toEqual({ ...first, displaced: [] });
    expect(await admit(session())).toMatchObject({ displaced: [oldest] });
    expect(await admit(oldest, { since: first.since })).toMatchObject({ displaced: [oldest] });
  });

  test('[CONN-13][U1] a revocation refuses tokens issued in its second or before, and none issued later', async () => {
    const { accounts } = engine();
    expect(await accounts.isRevoked({ userId: user, issuedAt })).toBe(false);
    const { at } = await accounts.revoke(user, null);
    const second = Math.floor(at / 1000) * 1000;
    for (const old of [issuedAt, second]) {
      expect(await accounts.isRevoked({ userId: user, issuedAt: old })).toBe(true);
      expect(await admit(session(), { issuedAt: old })).toEqual({ status: 'revoked' });
    }
    expect(await accounts.isRevoked({ userId: user, issuedAt: second + 1000 })).toBe(false);
    expect(await admit(session(), { issuedAt: second + 1000 })).toMatchObject({ status: 'admitted' });
  });

  test('[CONN-13] an open session is refused when it is admitted again after a revocation', async () => {
    const id = session();
    const first = await admit(id);
    if (first.status !== 'admitted') throw new Error('was refused');
    await engine().accounts.revoke(user, null);
    expect(await admit(id, { since: first.since })).toEqual({ status: 'revoked' });
  });

  test('[CONN-13][U3] a revocation is announced, and can be found later by a node that missed the news', async () => {
    const { accounts, userFeed, store } = engine();
    const ear = new UserEar();
    await userFeed.subscribe(ear);
    const before = store.now() - 5;
    const { at } = await accounts.revoke(user, null);
    await expect.poll(() => ear.of(user)).toEqual([{ kind: 'revoked', userId: user, at }]);
    const found = async (since: number) => (await accounts.revokedSince(since)).filter((one) => one.userId === user);
    expect(await found(before)).toEqual([{ userId: user, at }]);
    expect(await found(at + 1)).toEqual([]);
  });

  test('[CONN-13] a second revocation holds from then on, and never for a shorter time', async () => {
    const { accounts, store } = engine();
    const first = await accounts.revoke(user, store.now() + 3_600_000);
    const again = await accounts.revoke(user, store.now() + 1);
    expect(again.at).toBeGreaterThanOrEqual(first.at);
    expect(await accounts.isRevoked({ userId: user, issuedAt: first.at })).toBe(true);
  });

  test('[N1] after unsubscribing no news comes any more', async () => {
    const { accounts, userFeed } = engine();
    const [leaving, staying] = [new UserEar(), new UserEar()];
    const unsubscribe = await userFeed.subscribe(leaving);
    await userFeed.subscribe(staying);
    await unsubscribe();
    await accounts.revoke(user, null);
    await expect.poll(() => staying.of(user)).toHaveLength(1);
    expect(leaving.of(user)).toEqual([]);
  });

  test('[CONN-14] sessions of a dead node do not count, until they are admitted again', async () => {
    const [dead, other] = [nodeId('dead'), nodeId('other')];
    const old = Array.from({ length: SESSIONS_PER_USER_MAX }, session);
    const sinces = new Map<SessionId, number>();
    for (const id of old) {
      const admitted = await admit(id, { nodeId: dead });
      if (admitted.status === 'admitted') sinces.set(id, admitted.since);
    }
    const deadNodes = new Set([dead]);
    const young = session();
    expect(await admit(young, { nodeId: other, deadNodes })).toMatchObject({ displaced: [] });
    // The node was only slow: its sessions are still the older ones.
    const [oldest] = old as [SessionId];
    for (const id of old) {
      const since = sinces.get(id) ?? null;
      const admitted = await admit(id, { nodeId: nodeId('risen'), deadNodes, since });
      expect(admitted).toMatchObject({ displaced: id === old.at(-1) ? [oldest] : [] });
    }
  });
}
