// What a kind of member sees of the stage, and how that view folds: project(apply(s, e)) = applyView(project(s), e).
// A client runs `applyView` on exactly the events that it was sent.
import type { PublicEvent, RoomEvent, StaffEvent } from '../protocol/room-events.ts';
import type { Invitation, Request } from '../protocol/stage.ts';
import { applyToStage } from './apply.ts';
import { isStaff, type RoomState, type Stage } from './room.ts';
import type { HiddenEvent, StageEvent } from './stage-event.ts';

/** The two kinds of members: ordinary ones get public events, staff also get staff events (SYNC-1). */
export type MemberKind = 'public' | 'staff';

export const kindOf = (room: Stage, userId: string): MemberKind => (isStaff(room, userId) ? 'staff' : 'public');

/** The foldable part of a snapshot. */
export interface View extends Stage {
  readonly requestCount: number;
  readonly closed: boolean;
  /** Null for ordinary members; otherwise in order of arrival. */
  readonly requests: readonly Request[] | null;
  readonly invitations: readonly Invitation[] | null;
}

type Audience = Record<PublicEvent['type'], 'public'> &
  Record<StaffEvent['type'], 'staff'> &
  Record<HiddenEvent['type'], 'nobody'>;

const audienceOf: Readonly<Audience> = {
  'room.updated': 'public',
  'room.closed': 'public',
  'attributes.changed': 'public',
  'seat.taken': 'public',
  'seat.left': 'public',
  'seat.moved': 'public',
  'seat.locked': 'public',
  'seat.unlocked': 'public',
  'seat.muted': 'public',
  'seat.unmuted': 'public',
  'seat.away': 'public',
  'seat.back': 'public',
  'seats.resized': 'public',
  'mic.changed': 'public',
  'admin.added': 'public',
  'admin.removed': 'public',
  'owner.changed': 'public',
  'requests.counted': 'public',
  'request.added': 'staff',
  'request.updated': 'staff',
  'request.ended': 'staff',
  'invite.added': 'staff',
  'invite.ended': 'staff',
  'member.kicked': 'staff',
  'member.banned': 'staff',
  'member.unbanned': 'staff',
  'member.silenced': 'staff',
  'member.unsilenced': 'staff',
  'password.changed': 'nobody',
  'member.away': 'nobody',
  'member.back': 'nobody',
  'member.left': 'nobody',
};

/** False when a newer server has committed an event that this one cannot fold. It must then read the whole room. */
export const isUnderstood = (events: readonly { readonly type: string }[]): boolean =>
  events.every(({ type }) => Object.hasOwn(audienceOf, type));

/** The events of a commit that are sent to this kind of member. */
export const visibleTo = (kind: MemberKind, events: readonly StageEvent[]): readonly RoomEvent[] =>
  events.filter((event): event is RoomEvent => {
    const audience = audienceOf[event.type];
    return audience === 'public' || (audience === 'staff' && kind === 'staff');
  });

/** What this kind of member sees of the room. */
export function project(room: RoomState, kind: MemberKind): View {
  const { settings, roles, seats, attributes, requests, invitations, closed } = room;
  const shared = { settings, roles, seats, attributes, requestCount: requests.length, closed: closed !== null };
  return kind === 'staff' ? { ...shared, requests, invitations } : { ...shared, requests: null, invitations: null };
}

/** The view after one visible event. */
export function applyView(view: View, event: RoomEvent): View {
  switch (event.type) {
    case 'requests.counted':
      return { ...view, requestCount: event.requestCount };
    case 'room.closed':
      return { ...view, closed: true };
    case 'request.added':
      return { ...view, requests: [...(view.requests ?? []), event.request] };
    case 'request.updated':
      return {
        ...view,
        requests: (view.requests ?? []).map((old) => (isOf(old, event.request) ? event.request : old)),
      };
    case 'request.ended':
      return { ...view, requests: (view.requests ?? []).filter((request) => !isOf(request, event)) };
    case 'invite.added':
      return { ...view, invitations: [...(view.invitations ?? []), event.invitation] };
    case 'invite.ended':
      return { ...view, invitations: (view.invitations ?? []).filter((invitation) => !isOf(invitation, event)) };
    case 'member.kicked':
    case 'member.banned':
    case 'member.unbanned':
    case 'member.silenced':
    case 'member.unsilenced':
      return view;
    default:
      return { ...view, ...applyToStage(view, event) };
  }
}

const isOf = (a: { readonly userId: string }, b: { readonly userId: string }): boolean => a.userId === b.userId;
