// Books of the model test, kept from the events alone: sanctions, attributes, and the end of the owner's membership.
import { limits, type RoomState } from '../../src/domain/room.ts';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import type { Rejection } from '../../src/protocol/errors.ts';
import { ensure, same } from './second-opinion.ts';

/** The banned and the silenced users, with the end of each sanction (PRES-6); Infinity: until it is lifted. */
export class SanctionBook {
  private readonly bans = new Map<string, number>();
  private readonly silences = new Map<string, number>();

  isBanned(userId: string, now: number): boolean {
    return (this.bans.get(userId) ?? 0) > now;
  }

  /** The facts that a store would give to a turn about that user. */
  against(userId: string, now: number) {
    const inForce = (list: ReadonlyMap<string, number>) => [...list.values()].filter((until) => until > now).length;
    return {
      isBanned: this.isBanned(userId, now),
      isSilenced: (this.silences.get(userId) ?? 0) > now,
      bans: inForce(this.bans),
      silences: inForce(this.silences),
    };
  }

  follow(event: StageEvent): void {
    switch (event.type) {
      case 'member.kicked':
        if (event.until !== undefined) this.impose(this.bans, event.userId, { at: event.at, until: event.until });
        return;
      case 'member.banned':
        this.impose(this.bans, event.userId, { at: event.at, until: event.until ?? Number.POSITIVE_INFINITY });
        return;
      case 'member.silenced':
        this.impose(this.silences, event.userId, event);
        return;
      case 'member.unbanned':
        this.lift(this.bans, event);
        return;
      case 'member.unsilenced':
        this.lift(this.silences, event);
    }
  }

  private impose(list: Map<string, number>, userId: string, { at, until }: { at: number; until: number }): void {
    ensure(until > at, 'PRES-6: a sanction ends in the future, or never', userId, until, at);
    list.set(userId, until);
  }

  private lift(list: Map<string, number>, event: { readonly userId: string; readonly at: number }): void {
    ensure((list.get(event.userId) ?? 0) > event.at, 'PRES-6: only a sanction in force is lifted', event);
    list.delete(event.userId);
  }
}

/** The attributes, as a client knows them that only gets the events (ROOM-5). */
export class AttributeBook {
  private readonly pairs: Map<string, string>;

  constructor(founded: RoomState['attributes']) {
    this.pairs = new Map(Object.entries(founded));
  }

  follow(event: StageEvent): void {
    if (event.type !== 'attributes.changed') return;
    const set = Object.entries(event.set);
    ensure(set.length + event.deleted.length > 0, 'ROOM-5: something differs', event);
    for (const key of event.deleted) {
      ensure(this.pairs.has(key), 'ROOM-5: a deleted key existed', event);
      ensure(!set.some(([written]) => written === key), 'ROOM-5: a key in both is set', event);
      this.pairs.delete(key);
    }
    for (const [key, value] of set) {
      ensure(this.pairs.get(key) !== value, 'ROOM-5: a set value differs', event);
      this.pairs.set(key, value);
    }
  }

  agree({ attributes }: RoomState): void {
    ensure(
      same(new Map(Object.entries(attributes)), this.pairs),
      'ROOM-5: the attributes agree with the events',
      attributes,
    );
    ensure(fits(this.pairs), 'ROOM-5: attributes are bounded', attributes);
  }

  /** A command refused as too large must have been too large. */
  checkRefusal(asked: StageCommand, { code }: Rejection): void {
    if (asked.name !== 'room:attributes' || code !== 'PAYLOAD_TOO_LARGE') return;
    const wanted = new Map(this.pairs);
    for (const key of asked.payload.delete ?? []) wanted.delete(key);
    for (const [key, value] of Object.entries(asked.payload.set ?? {})) wanted.set(key, value);
    ensure(!fits(wanted), 'ROOM-5: only too many attributes are refused', asked);
  }
}

/** 32 pairs, 8 KiB, counted in another way than the rule counts. */
function fits(pairs: ReadonlyMap<string, string>): boolean {
  let bytes = 0;
  for (const [key, value] of pairs) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return pairs.size <= 32 && bytes <= 8_192;
}

/** What became of the room when its owner's membership ended; null if this command did not end it (ROOM-7). */
export function checkOwnerAbsence(
  before: RoomState,
  { events, next, isMember }: { events: readonly StageEvent[]; next: RoomState; isMember: (userId: string) => boolean },
): string | null {
  const { ownerId, admins } = before.roles;
  const { ownerAbsent } = before.settings;
  const ending = events.find((event) => event.type === 'member.left' && event.userId === ownerId);
  const handing = events.find((event) => event.type === 'owner.changed');
  const closing = events.find((event) => event.type === 'room.closed');
  if (!ending) {
    ensure(handing?.reason !== 'ownerAbsent', 'ROOM-7: nobody follows a present owner', events);
    ensure(closing?.reason !== 'ownerAbsent', 'ROOM-7: the room stays open with its owner', events);
    return null;
  }
  if (ownerAbsent === 'close') {
    ensure(next.closed?.reason === 'ownerAbsent', 'ROOM-7: close', events);
    return 'close';
  }
  ensure(next.closed === null, 'ROOM-7: the room stays open without its owner', events);
  if (ownerAbsent === 'keep') {
    ensure(same(next.roles, before.roles), 'ROOM-7: keep', before.roles, next.roles);
    return 'keep';
  }
  const isEligible = (userId: string) => isMember(userId) && !Object.keys(next.away).includes(userId);
  const firstAdmin = admins.find(isEligible);
  const seated = next.seats.flatMap(({ occupant }) => (occupant && isEligible(occupant.userId) ? [occupant] : []));
  const earliest = Math.min(...seated.map(({ since }) => since));
  const fitting = firstAdmin
    ? [firstAdmin]
    : seated.filter(({ since }) => since === earliest).map(({ userId }) => userId as string);
  const successor = next.roles.ownerId;
  if (fitting.length === 0) {
    ensure(successor === ownerId, 'ROOM-7: without a successor they stay the owner', events);
    return 'promote: nobody';
  }
  ensure(
    fitting.includes(successor),
    'ROOM-7: the present admin appointed first, else the user seated longest',
    fitting,
    successor,
  );
  const isBanned = events.some(
    (event) =>
      (event.type === 'member.banned' || (event.type === 'member.kicked' && event.until !== undefined)) &&
      event.userId === ownerId,
  );
  const isAdminNow = next.roles.admins.includes(ownerId);
  ensure(isAdminNow === !isBanned, 'ROOM-7: the old owner is an admin, unless banned', next.roles, events);
  ensure(next.roles.admins.length <= limits.admins, 'ROLE-3: twenty admins', next.roles);
  return firstAdmin ? 'promote: admin' : 'promote: seated';
}

/** An ended membership leaves nothing on the stage, and no banned user is in the room (PRES-6, ROOM-3). */
export function checkEndings(
  events: readonly StageEvent[],
  next: RoomState,
  { isMember, isBanned }: { isMember: (userId: string) => boolean; isBanned: (userId: string) => boolean },
): void {
  for (const event of events) {
    if (event.type === 'member.left') {
      const left = event.userId;
      const traces = [
        ...next.seats.map(({ occupant }) => occupant?.userId),
        ...next.requests.map(({ userId }) => userId),
        ...next.invitations.map(({ userId }) => userId),
        ...Object.keys(next.away),
      ];
      ensure(!traces.includes(left), 'PRES-6: all that a member has on the stage ends with the membership', event);
      ensure(!isMember(left), 'PRES-6: a membership that ended is over', event);
    }
    if (event.type === 'member.kicked') ensure(!isMember(event.userId), 'PRES-6: a kicked user is out', event);
    if (event.type === 'member.banned') {
      ensure(isBanned(event.userId) && !isMember(event.userId), 'PRES-6: a banned user is out', event);
      ensure(!next.roles.admins.includes(event.userId), 'PRES-6: a banned user is not an admin', event);
    }
  }
}
