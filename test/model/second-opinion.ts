// A second implementation for the model test: seats by the events alone, ranks and consent, and promises of commands.
import { isDeepStrictEqual } from 'node:util';
import { type RoomState, requestOf, roleOf } from '../../src/domain/room.ts';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import type { Rejection } from '../../src/protocol/errors.ts';

/** Throws an error with the rule and the facts; fast-check prints it with the seed. */
export function ensure(holds: boolean, rule: string, ...facts: unknown[]): asserts holds {
  if (!holds) throw new Error(`${rule}\n${facts.map((fact) => JSON.stringify(fact)).join('\n')}`);
}
export const same = isDeepStrictEqual;

/** The occupants, locks and mutes of all seats: a second book, kept from the events alone (SEAT-1, SEAT-6). */
export class SeatLedger {
  private readonly seatOf = new Map<string, number>();
  private readonly selfMuted = new Set<string>();
  private readonly locked = new Set<number>();
  private readonly hostMuted = new Set<number>();

  follow(event: StageEvent): void {
    switch (event.type) {
      case 'seat.taken':
        ensure(!this.seatOf.has(event.occupant.userId), 'SEAT-1: a seated user is not seated again', event);
        ensure(!event.occupant.selfMuted, 'SEAT-6: a new occupant has an open microphone', event);
        this.sit(event.occupant.userId, event.seat);
        return;
      case 'seat.moved':
        ensure(this.seatOf.get(event.userId) === event.from, 'SEAT-3: a move begins at the user’s seat', event);
        this.sit(event.userId, event.to);
        return;
      case 'seat.left':
        ensure(this.seatOf.get(event.userId) === event.seat, 'SEAT-7: a user leaves their own seat', event);
        this.seatOf.delete(event.userId);
        this.selfMuted.delete(event.userId);
        return;
      case 'mic.changed':
        ensure(event.by === event.userId, 'SEAT-6: only the occupant opens and closes the microphone', event);
        if (event.selfMuted) this.selfMuted.add(event.userId);
        else this.selfMuted.delete(event.userId);
        return;
      case 'seat.locked':
      case 'seat.muted':
        (event.type === 'seat.locked' ? this.locked : this.hostMuted).add(event.seat);
        return;
      case 'seat.unlocked':
      case 'seat.unmuted':
        (event.type === 'seat.unlocked' ? this.locked : this.hostMuted).delete(event.seat);
        return;
      case 'seats.resized':
        for (const marked of [this.locked, this.hostMuted]) {
          for (const seat of marked) if (seat >= event.seatCount) marked.delete(seat);
        }
    }
  }

  private sit(userId: string, seat: number): void {
    ensure(!this.locked.has(seat), 'SEAT-6: nobody takes a locked seat', userId, seat);
    this.seatOf.set(userId, seat);
  }

  agree(room: RoomState): void {
    const sitting = [...this.seatOf.values()];
    ensure(new Set(sitting).size === sitting.length, 'SEAT-1: one occupant per seat', [...this.seatOf]);
    const shown = room.seats.flatMap(({ seat, occupant }) => (occupant ? [[occupant.userId, seat] as const] : []));
    ensure(same(new Map(shown), this.seatOf), 'SEAT-1: the seats show their occupants', shown, [...this.seatOf]);
    for (const { seat, locked, hostMuted, occupant } of room.seats) {
      const marks = [
        this.locked.has(seat),
        this.hostMuted.has(seat),
        occupant ? this.selfMuted.has(occupant.userId) : null,
      ];
      ensure(
        same(marks, [locked, hostMuted, occupant?.selfMuted ?? null]),
        'SEAT-6: locks and mutes agree with the events',
        seat,
        marks,
      );
    }
  }
}

/** The outcomes of requests: a third book, for the answer to a second decision (REQ-3). */
export class OutcomeLedger {
  private readonly ended = new Map<string, { by: string; status: string; at: number }>();

  follow(event: StageEvent): void {
    if (event.type !== 'request.ended') return;
    this.ended.set(event.userId, { by: event.by, status: event.status, at: event.at });
  }

  /** Staff name the requester in the payload; `request:cancel` names nobody, so it is about the actor. */
  checkRefusal(asked: StageCommand, who: string, now: number, { code, details }: Rejection): void {
    if (code !== 'REQUEST_NOT_FOUND' && code !== 'REQUEST_ALREADY_PROCESSED') return;
    const past = this.ended.get('userId' in asked.payload ? String(asked.payload.userId) : who);
    const isRemembered = past !== undefined && past.at > now - 600_000;
    const isOverdue = details?.by === 'system' && details.status === 'expired';
    if (code === 'REQUEST_NOT_FOUND') ensure(!isRemembered, 'REQ-3: outcomes are remembered for 10 min', past);
    else
      ensure(
        isOverdue || same(details, { by: past?.by, status: past?.status }),
        'REQ-3: operator and status of the first decision',
        details,
        past,
      );
  }
}

/** The promises of single commands (SEAT-2, ROOM-4, ROLE-3); the owner's absence has its own check. */
export function checkPromises(before: RoomState, asked: StageCommand, after: RoomState, seat: unknown): void {
  if (asked.name === 'seat:take' || asked.name === 'seat:move' || asked.name === 'request:accept') {
    const named = asked.payload.seat;
    ensure(named === undefined || named === seat, 'SEAT-2: the named seat or an error, never another', asked, seat);
  }
  const hasLeftRequests = before.settings.seatMode === 'request' && after.settings.seatMode !== 'request';
  ensure(
    !hasLeftRequests || after.requests.length === 0,
    'ROOM-4: leaving request mode ends the queue',
    after.requests,
  );
  if (asked.name !== 'owner:transfer') return;
  const { ownerId } = before.roles;
  const isAdminNow = after.roles.admins.includes(ownerId);
  ensure(after.roles.ownerId === ownerId || isAdminNow, 'ROLE-3: the old owner is an admin now', after.roles);
}

/** The user that an event is about. */
function subjectOf(event: StageEvent): string | null {
  if ('userId' in event) return event.userId;
  if ('occupant' in event) return event.occupant.userId;
  if ('request' in event) return event.request.userId;
  return 'invitation' in event ? event.invitation.userId : null;
}

/** Events that nobody causes for themselves (PRES-6). */
const sanctioning = ['member.kicked', 'member.banned', 'member.unbanned', 'member.silenced', 'member.unsilenced'];
/** Events that only the owner, the service and the system cause (ROLE-1). */
const owners = ['room.closed', 'owner.changed', 'admin.added', 'admin.removed', 'password.changed', 'seats.resized'];
const aboutSeats = ['seat.locked', 'seat.unlocked', 'seat.muted', 'seat.unmuted'];

/** Ranks and consent, checked on the events of a command and not on its decision (ROLE-1, ROLE-2, SEAT-4, SEAT-9). */
export function checkAuthority(before: RoomState, who: string, now: number, event: StageEvent): void {
  const subject = subjectOf(event);
  if (event.type === 'requests.counted') ensure(event.by === 'system', 'REQ-4: the count names nobody', event);
  else ensure(event.by === who, 'ROLE-4: events name the operator', event);
  if (event.type === 'seat.taken' && subject !== null && subject !== who) {
    ensure(
      (requestOf(before, subject)?.expiresAt ?? 0) > now,
      'SEAT-4: nobody is seated by others without a request',
      event,
    );
  }
  if (sanctioning.includes(event.type)) ensure(subject !== who, 'PRES-6: nobody does it to themselves', event);
  if (who === 'system' || who === 'service' || roleOf(before, who) === 'owner') return;
  ensure(!owners.includes(event.type), 'ROLE-1: members and admins do not change the room or its roles', event);
  if (roleOf(before, who) === 'member') {
    ensure(event.type === 'requests.counted' || subject === who, 'ROLE-1: members act on themselves', event);
    ensure(event.type !== 'attributes.changed', 'ROOM-5: attributes are for staff', event);
    return;
  }
  const rank = subject === null || subject === who ? 'member' : roleOf(before, subject);
  const isWithdrawal = event.type === 'request.updated' || (event.type === 'invite.ended' && event.reason === 'locked');
  ensure(rank === 'member' || isWithdrawal, 'ROLE-1: admins act on members', event);
  if ('changes' in event) {
    const fields = Object.keys(event.changes).filter((field) => field !== 'title' && field !== 'notice');
    ensure(fields.length === 0, 'ROOM-4: admins change title and notice', event);
  }
  if (!('seat' in event) || !aboutSeats.includes(event.type)) return;
  const seatedThere = before.seats[event.seat]?.occupant?.userId ?? null;
  const owns = seatedThere ?? (event.seat === before.settings.ownerSeat ? before.roles.ownerId : who);
  ensure(owns === who || roleOf(before, owns) === 'member', 'SEAT-9: admins do not control the seats of staff', event);
}
