// The right to speak and the grant for it: sent at every change, renewed in time, and never sent without the right.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { type Random, systemRandom } from '../../../src/ops/random.ts';
import { serverEventSchemas } from '../../../src/protocol/server-events.ts';
import { createAgoraProvider } from '../../../src/rtc/rtc-provider-agora.ts';
import { createP2pProvider } from '../../../src/rtc/rtc-provider-p2p.ts';
import { StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { decodeAgoraToken, verifyAgoraToken } from '../../rtc/decode-agora-token.ts';
import { interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

const agora = { appId: '970CA35de60c44645bbae8a215061b33', appCertificate: '5CFd2fd1755d40ecb72977518be15d3b' };
const TTL_MS = 10 * 60_000;

let clock: ManualClock;
let engines: Engines;
let node: RoomNode;
let owner: Person;
let alice: Person;

beforeEach(async () => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  node = aNode();
  owner = node.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
  alice = await node.join('alice', 'r1');
});

/** The lowest jitter: renewals come at the last possible moment. */
const punctual: Random = { ...systemRandom, integer: (min) => min };
const aNode = (on: Engines = engines, random: Random = punctual) =>
  new RoomNode(on, clock, createAgoraProvider(agora), random);

const pushes = (person: Person) => person.payloadsOf('rtc:grant').map(({ role, reason }) => [role, reason]);

describe('changes of the right', () => {
  test('[RTC-3] seated, muted, unmuted, unseated: each push says why, and no other change pushes', async () => {
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    await alice.do('mic:set', { roomId: 'r1', on: false });
    await alice.do('seat:move', { roomId: 'r1', seat: 3 });
    await owner.do('seat:mute', { roomId: 'r1', seat: 3 });
    await owner.do('seat:unmute', { roomId: 'r1', seat: 3 });
    await owner.do('seat:kick', { roomId: 'r1', seat: 3 });
    expect(pushes(alice)).toEqual([
      ['publisher', 'seated'],
      ['subscriber', 'muted'],
      ['publisher', 'unmuted'],
      ['subscriber', 'unseated'],
    ]);
    expect(pushes(owner)).toEqual([]);
  });

  test('[RTC-3] moving to a muted seat takes the right away, sitting down on one never gives it', async () => {
    await owner.do('seat:mute', { roomId: 'r1', seat: 2 });
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    expect(pushes(alice)).toEqual([]);
    await alice.do('seat:move', { roomId: 'r1', seat: 3 });
    await alice.do('seat:move', { roomId: 'r1', seat: 2 });
    expect(pushes(alice)).toEqual([
      ['publisher', 'unmuted'],
      ['subscriber', 'muted'],
    ]);
  });

  test('[SEAT-5][RTC-3] locking an occupied seat ends the right in the same version', async () => {
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    await owner.do('seat:lock', { roomId: 'r1', seat: 2 });
    expect(pushes(alice).at(-1)).toEqual(['subscriber', 'unseated']);
  });

  test('[RTC-1][RTC-2] every token is for this room and this uid, audio only, and all its rights expire together', async () => {
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    const [grant] = alice.payloadsOf('rtc:grant');
    if (!grant?.token) throw new Error('no token');
    const { room } = (await owner.do('room:sync', { roomId: 'r1', epoch: 'x', version: 0 })) as {
      room: { seats: { occupant: { rtcUid: number } | null }[] };
    };
    expect(grant).toMatchObject({
      channel: 'r1',
      uid: room.seats[2]?.occupant?.rtcUid,
      expiresAt: clock.now() + TTL_MS,
    });
    const token = decodeAgoraToken(grant.token);
    expect(verifyAgoraToken(grant.token, agora.appCertificate)).toBe(true);
    expect(JSON.stringify(token)).toContain(String(grant.uid));
    const again = (await alice.do('rtc:renew', { roomId: 'r1' })).grant;
    expect([again.uid, again.role]).toEqual([grant.uid, 'publisher']);
  });
});

describe('renewal', () => {
  test('[RTC-3] a minute before a grant expires the next one is sent, as long as the membership lasts', async () => {
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    await clock.advance(TTL_MS - 60_000 - 1);
    expect(pushes(alice)).toHaveLength(1);
    await clock.advance(1);
    expect(pushes(alice).at(-1)).toEqual(['publisher', 'renewal']);
    await clock.advance(TTL_MS);
    expect(pushes(alice)).toHaveLength(3);
    await alice.do('room:leave', { roomId: 'r1' });
    await clock.advance(10 * TTL_MS);
    expect(pushes(alice)).toHaveLength(3);
  });

  test('[RTC-3] a member who leaves during a renewal gets no grant more', async () => {
    const seam = interpose(engines);
    const other = new RoomNode(seam, clock, createAgoraProvider(agora));
    const carol = await other.join('carol', 'r1');
    const left: string[] = [];
    seam.afterFind(async () => {
      await carol.do('room:leave', { roomId: 'r1' });
      left.push('carol');
    });
    await clock.advance(TTL_MS - 60_000);
    expect([left, pushes(carol)]).toEqual([['carol'], []]);
    await clock.advance(10 * TTL_MS);
    expect(pushes(carol)).toEqual([]);
  });

  test('[RTC-3] a member who gets a newer grant during a renewal does not get the renewed one, too', async () => {
    const seam = interpose(engines);
    const other = new RoomNode(seam, clock, createAgoraProvider(agora));
    const carol = await other.join('carol', 'r1');
    seam.afterFind(() => carol.do('seat:take', { roomId: 'r1', seat: 5 }));
    await clock.advance(TTL_MS - 60_000);
    expect(pushes(carol)).toEqual([['publisher', 'seated']]);
  });

  test('[RTC-3][PRES-6] a member who is banned while asking for a grant gets none', async () => {
    const seam = interpose(engines);
    const other = new RoomNode(seam, clock, createAgoraProvider(agora));
    const carol = await other.join('carol', 'r1');
    seam.afterFind(() => owner.do('member:ban', { roomId: 'r1', userId: 'carol' }));
    expect(await carol.refusal('rtc:renew', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    await clock.advance(10 * TTL_MS);
    expect(pushes(carol)).toEqual([]);
  });

  test('[RTC-3] listeners are renewed as subscribers', async () => {
    await clock.advance(TTL_MS - 60_000);
    expect(pushes(alice)).toEqual([['subscriber', 'renewal']]);
  });

  test('[RTC-3] a renewal asks the store first: a session that is over gets none, although the feed lost its end', async () => {
    const seam = interpose(engines);
    const cutOff = aNode(seam);
    const old = await cutOff.join('carol', 'r1');
    await runMicrotasks();
    seam.loseNews(1_000);
    await node.join('carol', 'r1');
    await clock.advance(TTL_MS - 60_000);
    expect(pushes(old)).toEqual([]);
  });

  test('[RTC-3][PRES-1] a session that moved to another node is not renewed here', async () => {
    const other = aNode();
    const again = await other.join('alice', 'r1');
    await clock.advance(TTL_MS - 60_000);
    expect([pushes(alice), pushes(again)]).toEqual([[], [['subscriber', 'renewal']]]);
  });

  test('[RTC-3] members who came together are renewed one by one, over 15 seconds', async () => {
    const hall = aNode(engines, systemRandom);
    const crowd: Person[] = [];
    for (let index = 0; index < 200; index++) crowd.push(await hall.join(`fan-${index}`, 'r1'));
    const renewed = () => crowd.filter((person) => pushes(person).length > 0).length;
    await clock.advance(TTL_MS - 75_000 - 1);
    expect(renewed()).toBe(0);
    const perSecond: number[] = [];
    for (let second = 0, before = 0; second < 15; second++) {
      await clock.advance(1_000);
      perSecond.push(renewed() - before);
      before = renewed();
    }
    expect(Math.max(...perSecond)).toBeLessThan(60);
    expect(perSecond.filter((count) => count > 0).length).toBeGreaterThan(10);
    await clock.advance(1);
    expect(renewed()).toBe(200);
    expect(crowd.every((person) => pushes(person).length === 1)).toBe(true);
  });

  test('[RTC-3] the earliest renewal is 75 seconds before the end', async () => {
    const early = aNode(engines, { ...systemRandom, integer: (_min, max) => max - 1 });
    const bob = await early.join('bob', 'r1');
    await clock.advance(TTL_MS - 75_000 - 1);
    expect(pushes(bob)).toEqual([]);
    await clock.advance(1);
    expect(pushes(bob)).toEqual([['subscriber', 'renewal']]);
  });

  test('[RTC-3] a renewal that fails while the member leaves and joins again does not touch the newer one', async () => {
    const seam = interpose(engines);
    const bob = await aNode(seam).join('bob', 'r1');
    seam.afterFind(async () => {
      await bob.do('room:leave', { roomId: 'r1' });
      await bob.do('room:join', { roomId: 'r1' });
      throw new StoreUnavailableError('away');
    });
    await clock.advance(TTL_MS - 60_000);
    await runMicrotasks();
    await clock.advance(TTL_MS - 60_000);
    expect(pushes(bob)).toEqual([['subscriber', 'renewal']]);
  });

  test('[RTC-1][RTC-3][RTC-5] with p2p, the credentials of the relay are renewed with the grant, in time', async () => {
    const iceServers = ['turn:turn.example.com'];
    const provider = createP2pProvider({ iceServers, turnSecret: 'north' });
    const bob = await new RoomNode(engines, clock, provider, punctual).join('bob', 'r1');
    await bob.do('seat:take', { roomId: 'r1', seat: 4 });
    await clock.advance(TTL_MS - 60_000);
    const [seated, renewed] = bob.payloadsOf('rtc:grant');
    expect(serverEventSchemas['rtc:grant'].parse(renewed)).toEqual(renewed);
    expect(renewed).toMatchObject({
      provider: 'p2p',
      role: 'publisher',
      reason: 'renewal',
      token: null,
      expiresAt: clock.now() + TTL_MS,
      capabilities: { publishEnforcedByToken: false, instantRevoke: false },
    });
    expect(renewed?.iceServers?.[0]?.username).not.toBe(seated?.iceServers?.[0]?.username);
    const asked = (await bob.do('rtc:renew', { roomId: 'r1' })).grant;
    expect(asked.iceServers).toEqual(renewed?.iceServers);
  });
});
