// The model test's books on what the stage says but does not all keep: sanctions and attributes, by the events alone.
import { limits, type RoomState } from '../../src/domain/room.ts';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import type { Rejection } from '../../src/protocol/errors.ts';
import { ensure, same } from './second-opinion.ts';

/** Who is kept out, and who is to be quiet, until when (PRES-6); Infinity: until it is lifted. */
export class SanctionBook {
  private readonly bans = new Map<string, number>();
  private readonly silences = new Map<string, number>();

  isBanned(userId: string, now: number): boolean {
    return (this.bans.get(userId) ?? 0) > now;
  }

  /** As a store would report them to a turn about that user. */
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
    ensure(until > at, 'PRES-6: a sanction has an end that is to come, or none', userId, until, at);
    list.set(userId, until);
  }

  private lift(list: Map<string, number>, event: { readonly userId: string; readonly at: number }): void {
    ensure((list.get(event.userId) ?? 0) > event.at, 'PRES-6: only what is in force is lifted', event);
    list.delete(event.userId);
  }
}

/** The attributes, as whoever only hears the events has them (ROOM-5). */
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
      ensure(this.pairs.has(key), 'ROOM-5: what is deleted was there', event);
      ensure(!set.some(([written]) => written === key), 'ROOM-5: a key in both is set', event);
      this.pairs.delete(key);
    }
    for (const [key, value] of set) {
      ensure(this.pairs.get(key) !== value, 'ROOM-5: what is told differs', event);
      this.pairs.set(key, value);
    }
  }

  agree({ attributes }: RoomState): void {
    ensure(same(new Map(Object.entries(attributes)), this.pairs), 'ROOM-5: the attributes are as told', attributes);
    ensure(fits(this.pairs), 'ROOM-5: attributes are bounded', attributes);
  }

  /** Who was told that it is too much must have asked for too much. */
  checkRefusal(asked: StageCommand, { code }: Rejection): void {
    if (asked.name !== 'room:attributes' || code !== 'PAYLOAD_TOO_LARGE') return;
    const wanted = new Map(this.pairs);
    for (const key of asked.payload.delete ?? []) wanted.delete(key);
    for (const [key, value] of Object.entries(asked.payload.set ?? {})) wanted.set(key, value);
    ensure(!fits(wanted), 'ROOM-5: only too much is refused', asked);
  }
}

/** 32 pairs, 8 KiB, counted another way than by the rule. */
function fits(pairs: ReadonlyMap<string, string>): boolean {
  let bytes = 0;
  for (const [key, value] of pairs) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return pairs.size <= 32 && bytes <= 8_192;
}

/** What became of the room when its owner went; null when he did not go by this command (ROOM-7). */
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
    ensure(handing?.reason !== 'ownerAbsent', 'ROOM-7: nobody follows an owner who is there', events);
    ensure(closing?.reason !== 'ownerAbsent', 'ROOM-7: the room goes on with its owner', events);
    return null;
  }
  if (ownerAbsent === 'close') {
    ensure(next.closed?.reason === 'ownerAbsent', 'ROOM-7: close', events);
    return 'close';
  }
  ensure(next.closed === null, 'ROOM-7: the room goes on without its owner', events);
  if (ownerAbsent === 'keep') {
    ensure(same(next.roles, before.roles), 'ROOM-7: keep', before.roles, next.roles);
    return 'keep';
  }
  const isThere = (userId: string) => isMember(userId) && !Object.keys(next.away).includes(userId);
  const firstAdmin = admins.find(isThere);
  const seated = next.seats.flatMap(({ occupant }) => (occupant && isThere(occupant.userId) ? [occupant] : []));
  const earliest = Math.min(...seated.map(({ since }) => since));
  const fitting = firstAdmin
    ? [firstAdmin]
    : seated.filter(({ since }) => since === earliest).map(({ userId }) => userId as string);
  const heir = next.roles.ownerId;
  if (fitting.length === 0) {
    ensure(heir === ownerId, 'ROOM-7: with nobody to promote he stays owner', events);
    return 'promote: nobody';
  }
  ensure(
    fitting.includes(heir),
    'ROOM-7: the longest-serving admin who is there, else who sits longest',
    fitting,
    heir,
  );
  const isBanned = events.some(
    (event) =>
      (event.type === 'member.banned' || (event.type === 'member.kicked' && event.until !== undefined)) &&
      event.userId === ownerId,
  );
  const isAdminNow = next.roles.admins.includes(ownerId);
  ensure(isAdminNow === !isBanned, 'ROOM-7: the old owner is an admin, unless he is banned', next.roles, events);
  ensure(next.roles.admins.length <= limits.admins, 'ROLE-3: twenty admins', next.roles);
  return firstAdmin ? 'promote: admin' : 'promote: seated';
}

/** Nothing is left on the stage of those who went, and nobody who is kept out is in the room (PRES-6, ROOM-3). */
export function checkGone(
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
      ensure(!traces.includes(left), 'PRES-6: what somebody held ends with his membership', event);
      ensure(!isMember(left), 'PRES-6: a membership that ended is over', event);
    }
    if (event.type === 'member.kicked') ensure(!isMember(event.userId), 'PRES-6: who is kicked is out', event);
    if (event.type === 'member.banned') {
      ensure(isBanned(event.userId) && !isMember(event.userId), 'PRES-6: who is banned is out', event);
      ensure(!next.roles.admins.includes(event.userId), 'PRES-6: who is banned is no admin', event);
    }
  }
}
