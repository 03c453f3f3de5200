// Connections that end during their handshake: whatever the order of events, nothing of them stays.
import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Authentication } from '../../src/auth/authenticator.ts';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { createLogger } from '../../src/ops/logger.ts';
import type { SessionId } from '../../src/protocol/ids.ts';
import { type AccountStore, SESSION_TTL_MS, SESSIONS_PER_USER_MAX } from '../../src/store/account-store.ts';
import { OutcomeUnknownError } from '../../src/store/store-errors.ts';
import { createHandshake } from '../../src/transport/authenticate.ts';
import type { VoiceSocket } from '../../src/transport/session.ts';
import { type EndCode, UserSessions } from '../../src/users/user-sessions.ts';
import { aGate, type Gate } from '../support/gate.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { onItsOwn, userId } from '../support/stored-room.ts';

const alice = userId('alice');
const logger = createLogger('silent');

let clock: ManualClock;
let engines: Engines;
/** The sessions that the store counts. */
let counted: Set<SessionId>;
/** The gates at which the next handshakes wait. */
let judged: Gate;
let admitted: Gate;
let answered: Gate;
let lastAnswer: () => void;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  counted = new Set();
  [judged, admitted, answered] = [aGate(), aGate(), aGate()];
  lastAnswer = () => undefined;
});

const store = (): AccountStore => ({
  async admit(admission) {
    await admitted.opened;
    const result = await engines.accounts.admit(admission);
    if (result.status === 'admitted') {
      counted.add(admission.sessionId);
      for (const id of result.displaced) counted.delete(id);
    }
    await answered.opened;
    lastAnswer();
    return result;
  },
  async release(session) {
    counted.delete(session.sessionId);
    await engines.accounts.release(session);
  },
  revoke: (user, until) => engines.accounts.revoke(user, until),
  isRevoked: (token) => engines.accounts.isRevoked(token),
  revokedSince: (at) => engines.accounts.revokedSince(at),
});

function aNode() {
  const authenticator = {
    async authenticate(): Promise<Authentication> {
      await judged.opened;
      const issuedAt = clock.now();
      const person = { userId: alice, name: 'Alice', avatar: '', level: 0, realName: false, minor: false };
      return { ok: true, identity: { ...person, scope: 'user', issuedAt, expiresAt: issuedAt + 86_400_000 } };
    },
  };
  const storeNow = () => clock.now();
  const deps = { authenticator, accounts: store(), userFeed: engines.userFeed, clock, logger, storeNow };
  const userSessions = new UserSessions({
    ...deps,
    revokeMemberships: async () => undefined,
    liveness: () => onItsOwn,
  });
  return { userSessions, handshake: createHandshake({ authenticator, userSessions, clock, logger }) };
}

/** The part of a Socket.IO socket that the handshake uses. */
function aSocket(id: string, readyState = 'open') {
  const conn = Object.assign(new EventEmitter(), { readyState, close: () => undefined });
  const socket = { id, data: {}, handshake: { auth: { token: 't', protocol: '1' } }, conn };
  const close = () => {
    conn.readyState = 'closed';
    conn.emit('close', 'transport close');
  };
  return { socket: socket as unknown as VoiceSocket, conn, close };
}
const openAll = () => {
  for (const gate of [judged, admitted, answered]) gate.open();
};

describe('[CONN-14] a connection that ends before it is accepted does not count', () => {
  /** How far the handshake is when the connection closes. */
  const moments: readonly [moment: string, gates: () => readonly Gate[]][] = [
    ['while its token is verified', () => []],
    ['before the store has admitted it', () => [judged]],
    ['when the store has admitted it and not answered yet', () => [judged, admitted]],
    ['when the handshake is over', () => [judged, admitted, answered]],
  ];
  test.for(moments)('%s', async ([_moment, gates]) => {
    const { handshake } = aNode();
    const ghost = aSocket('ghost');
    const done = handshake(ghost.socket, () => undefined);
    for (const gate of gates()) gate.open();
    await runMicrotasks();
    ghost.close();
    openAll();
    await done;
    await runMicrotasks();
    expect([...counted]).toEqual([]);
  });

  test('closed already when its CONNECT is read', async () => {
    const { handshake } = aNode();
    openAll();
    let isAdmitted = false;
    await handshake(aSocket('ghost', 'closed').socket, () => {
      isAdmitted = true;
    });
    await runMicrotasks();
    expect({ isAdmitted, counted: [...counted] }).toEqual({ isAdmitted: false, counted: [] });
  });

  test('closing while its token is verified, and closed only later', async () => {
    const { handshake } = aNode();
    const ghost = aSocket('ghost');
    const done = handshake(ghost.socket, () => expect.unreachable('was admitted'));
    ghost.conn.readyState = 'closing';
    openAll();
    await done;
    await runMicrotasks();
    expect([...counted]).toEqual([]);
  });

  test('admitted by the store after the release, with a lost answer', async () => {
    const { handshake } = aNode();
    judged.open();
    lastAnswer = () => {
      throw new OutcomeUnknownError('the answer was lost');
    };
    const ghost = aSocket('ghost');
    const done = handshake(ghost.socket, () => undefined);
    await runMicrotasks();
    ghost.close();
    await runMicrotasks();
    openAll();
    await done;
    await runMicrotasks();
    expect([...counted]).toEqual([]);
  });

  test('it displaces no living session, then or when sessions are kept alive', async () => {
    const { userSessions, handshake } = aNode();
    await userSessions.start();
    const ends: EndCode[] = [];
    openAll();
    await handshake(aSocket('phone').socket, () => undefined);
    userSessions.attach('phone' as SessionId, { close: (code) => ends.push(code) });
    judged = aGate();
    const pending = Array.from({ length: SESSIONS_PER_USER_MAX }, (_, index) => {
      const ghost = aSocket(`ghost-${index}`);
      const done = handshake(ghost.socket, () => undefined);
      ghost.close();
      return done;
    });
    judged.open();
    await Promise.all(pending);
    await clock.advance(SESSION_TTL_MS);
    expect({ ends, counted: [...counted] }).toEqual({ ends: [], counted: ['phone'] });
    await userSessions.close();
  });
});
