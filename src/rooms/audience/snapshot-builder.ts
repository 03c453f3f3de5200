// Builds snapshots: the room for one kind of member, and the member's own place in it. Pure.
import { invitationOf, queuePosition, type RoomState, requestOf, roleOf, seatOf } from '../../domain/room.ts';
import { kindOf, type MemberKind, project, visibleTo } from '../../domain/view.ts';
import { shareJson } from '../../lang/shared-json.ts';
import type { ChatMessage } from '../../protocol/messages.ts';
import type { Update } from '../../protocol/room-events.ts';
import type { MemberView, RoomSnapshot, You } from '../../protocol/snapshot.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { CommitRecord, StoredRoom } from '../../store/room-store.ts';
import type { AudienceSample } from './audience-sample.ts';

/** How many members a snapshot names (SYNC-7). */
export const SNAPSHOT_MEMBERS = 50;

/** The parts of a snapshot beside the stage. */
export interface SnapshotContext {
  readonly audience: AudienceSample;
  readonly recentMessages: ChatMessage[];
}

export const buildFullState = (
  room: StoredRoom,
  member: { readonly userId: string; readonly fence: number },
  context: SnapshotContext,
) => ({
  room: buildSnapshot(room, kindOf(room.state, member.userId), context),
  you: buildYou(room.state, member),
});

export function buildSnapshot(room: StoredRoom, kind: MemberKind, context: SnapshotContext): RoomSnapshot {
  const view = project(room.state, kind);
  return {
    roomId: room.state.roomId,
    epoch: room.epoch,
    version: room.version,
    ...view.settings,
    ownerId: view.roles.ownerId,
    admins: [...view.roles.admins],
    seatCount: view.seats.length,
    seats: sharedList(view.seats),
    requestCount: view.requestCount,
    ...(view.requests && view.invitations
      ? { requests: sharedList(view.requests), invitations: sharedList(view.invitations) }
      : {}),
    attributes: shareJson(view.attributes),
    audience: buildAudience(room.state, context.audience),
    recentMessages: context.recentMessages,
  };
}

/** A list that many snapshots share. State is never mutated, so the same list has the same text. */
const sharedList = <Item>(list: readonly Item[]): Item[] => shareJson(list as Item[]);

interface CachedViews {
  readonly roles: RoomState['roles'];
  readonly seats: RoomState['seats'];
  readonly views: MemberView[];
}

/** The views that were last built of these members: in a storm of joins everybody gets the same. */
const cachedViews = new WeakMap<readonly MemberRecord[], CachedViews>();

/** The number of members and the first of them (SYNC-7). */
export function buildAudience(state: RoomState, { count, members }: AudienceSample): RoomSnapshot['audience'] {
  const { roles, seats } = state;
  let cached = cachedViews.get(members);
  if (cached?.roles !== roles || cached.seats !== seats) {
    const views = members.slice(0, SNAPSHOT_MEMBERS).map((member) => toMemberView(state, member));
    cached = { roles, seats, views: shareJson(views) };
    cachedViews.set(members, cached);
  }
  return { count, members: cached.views };
}

export function buildYou(state: RoomState, { userId, fence }: { userId: string; fence: number }): You {
  const request = requestOf(state, userId);
  return {
    role: roleOf(state, userId),
    seat: seatOf(state, userId)?.seat ?? null,
    request: request && { ...request, position: queuePosition(state, userId) },
    invitation: invitationOf(state, userId),
    fence,
  };
}

export function toMemberView(state: RoomState, { userId, name, avatar, since, fence }: MemberRecord): MemberView {
  const seat = seatOf(state, userId)?.seat ?? null;
  return { userId, name, avatar, role: roleOf(state, userId), seat, since, fence };
}

/** A commit as that kind of member gets it; null when none of it is for them (SYNC-1). */
export function toUpdate(record: CommitRecord, kind: MemberKind): Update | null {
  const events = visibleTo(kind, record.events);
  if (events.length === 0) return null;
  const after = kind === 'staff' ? record.staffAfter : record.publicAfter;
  return { after, version: record.version, at: record.at, events };
}
