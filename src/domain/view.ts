// What a kind of member sees of the stage, and how that view folds: project(apply(s, e)) = applyView(project(s), e).
// A client runs `applyView` on exactly the events that it was sent.
import type { RoomEvent } from '../protocol/room-events.ts';
import type { Invitation, Request } from '../protocol/stage.ts';
import { applyToQueues, applyToStage } from './apply.ts';
import { isStaff, type RoomState, type Stage } from './room.ts';
import { eventTypes, isPublicEvent, isStaffEvent, type StageEvent } from './stage-event.ts';

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

/** False when a newer server has committed an event that this one cannot fold. It must then read the whole room. */
export const isUnderstood = (events: readonly { readonly type: string }[]): boolean =>
  events.every(({ type }) => eventTypes.has(type));

/** The events of a commit that are sent to this kind of member. */
export const visibleTo = (kind: MemberKind, events: readonly StageEvent[]): readonly RoomEvent[] =>
  events.filter((event): event is RoomEvent => isPublicEvent(event) || (kind === 'staff' && isStaffEvent(event)));

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
    default: {
      if (!isStaffEvent(event)) return { ...view, ...applyToStage(view, event) };
      const { requests, invitations } = view;
      return { ...view, ...applyToQueues({ requests: requests ?? [], invitations: invitations ?? [] }, event) };
    }
  }
}
