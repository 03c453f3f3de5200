// What each member on this node hears of one commit: his kind's update, and what concerns him alone. Decides nothing.

import type { Broadcast } from '../../delivery/broadcast.ts';
import type { Recipient } from '../../delivery/recipient.ts';
import { isStaff, maySpeak, queueOrder, type RoomState, seatOf } from '../../domain/room.ts';
import type { StageEvent } from '../../domain/stage-event.ts';
import type { GrantReason, ServerEventPayload } from '../../protocol/server-events.ts';
import type { CommitRecord, StoredRoom } from '../../store/room-store.ts';
import type { LocalMember, LocalMembers } from '../contract/local-members.ts';
import { toUpdate } from './snapshot-builder.ts';

/** What a session is told that is no longer in the room. */
export type RemovalNotice = Omit<ServerEventPayload<'room:left'>, 'roomId'>;

/** The room as it was and as it is. */
export interface RoomChange {
  readonly before: StoredRoom;
  readonly after: StoredRoom;
}

/** One commit, as seen from this node. */
export interface CommitView extends RoomChange {
  readonly record: CommitRecord;
}

/** The update for everybody whose kind is shown some of it (SYNC-1); null when nobody is. */
export function updateOf({ after, record }: CommitView): Broadcast | null {
  const [forPublic, forStaff] = [toUpdate(record, 'public'), toUpdate(record, 'staff')];
  if (!forPublic && !forStaff) return null;
  const shown = {
    public: forPublic && JSON.stringify(forPublic),
    staff: forStaff && JSON.stringify(forStaff),
  };
  return { kind: 'update', epoch: after.epoch, jsonFor: shown };
}

/** Members here who became or ceased to be staff: they are owed a snapshot (SYNC-8). */
export function kindChanged(members: LocalMembers, { before, after }: CommitView): LocalMember[] {
  if (before.state.roles === after.state.roles) return [];
  const staff = new Set([before, after].flatMap(({ state: { roles } }) => [roles.ownerId, ...roles.admins]));
  return [...staff]
    .filter((userId) => isStaff(before.state, userId) !== isStaff(after.state, userId))
    .flatMap((userId) => members.get(userId) ?? []);
}

/** Tells requesters and invitees of their own affairs (REQ-4, INV-1). */
export function sendPrivateEvents(members: LocalMembers, seen: CommitView): void {
  const { roomId } = seen.after.state;
  const told = new Set<string>();
  for (const event of seen.record.events) {
    switch (event.type) {
      case 'request.ended': {
        const { status, by, reason, note } = event;
        const details = { ...(reason === undefined ? {} : { reason }), ...(note === undefined ? {} : { note }) };
        sendTo(members, event.userId, (member) => member.send('request:update', { roomId, status, by, ...details }));
        break;
      }
      case 'request.added':
      case 'request.updated':
        told.add(event.request.userId);
        break;
      case 'invite.added': {
        const { userId, seat, by, expiresAt } = event.invitation;
        sendTo(members, userId, (member) =>
          member.send('invite:update', { roomId, status: 'pending', seat, by, expiresAt }),
        );
        break;
      }
      case 'invite.ended': {
        const { status, by, reason } = event;
        sendTo(members, event.userId, (member) =>
          member.send('invite:update', { roomId, status, by, ...(reason === undefined ? {} : { reason }) }),
        );
        break;
      }
    }
  }
  sendPositions(members, { seen, told });
}

/** Whoever moved in the queue hears his new position; so does whose request was just made or changed. */
function sendPositions(members: LocalMembers, { seen, told }: { seen: CommitView; told: ReadonlySet<string> }): void {
  const { before, after } = seen;
  if (before.state.requests === after.state.requests && before.state.settings === after.state.settings) return;
  const old = positions(before.state);
  for (const [userId, position] of positions(after.state)) {
    if (old.get(userId) === position && !told.has(userId)) continue;
    sendTo(members, userId, (member) =>
      member.send('request:update', { roomId: after.state.roomId, status: 'pending', position }),
    );
  }
}

const positions = (state: RoomState): Map<string, number> =>
  new Map(queueOrder(state).map(({ userId }, index) => [userId, index + 1]));

export interface GrantChange {
  readonly member: LocalMember;
  readonly reason: GrantReason;
}

/** Members here whose right to speak changed, and why (RTC-3). */
export function grantChanges(members: LocalMembers, { before, after }: RoomChange): GrantChange[] {
  if (before.state.seats === after.state.seats) return [];
  // Seats that nothing happened to are the very same ones.
  const seated = [
    ...changedFrom(before.state.seats, after.state.seats),
    ...changedFrom(after.state.seats, before.state.seats),
  ].flatMap(({ occupant }) => occupant?.userId ?? []);
  return [...new Set(seated)].flatMap((userId): GrantChange[] => {
    const could = maySpeak(before.state, userId);
    const can = maySpeak(after.state, userId);
    const member = members.get(userId);
    if (could === can || !member) return [];
    const sat = seatOf(before.state, userId) !== null;
    const sits = seatOf(after.state, userId) !== null;
    if (can) return [{ member, reason: sat ? 'unmuted' : 'seated' }];
    return [{ member, reason: sits ? 'muted' : 'unseated' }];
  });
}

const changedFrom = (seats: RoomState['seats'], others: RoomState['seats']): RoomState['seats'] =>
  seats.filter((seat, index) => seat !== others[index]);

/** Whoever is owed a snapshot finds it there. */
function sendTo(members: LocalMembers, userId: string, say: (member: Recipient) => void): void {
  const recipient = members.get(userId)?.recipient;
  if (recipient && recipient.stream !== 'paused') say(recipient);
}

/** Whoever left of his own will needs not be told, unless he did so on another device, whose coming went unheard here. */
export function removalNoticeOf(
  event: Extract<StageEvent, { type: 'member.left' }>,
  { record }: LocalMember,
): RemovalNotice | null {
  const { reason, by, until, fence } = event;
  if (reason === 'left') return record.fence === fence ? null : { reason: 'replaced' };
  if (reason !== 'kicked' && reason !== 'banned') return { reason: 'disconnected' };
  return { reason, by, ...(until === undefined ? {} : { until }) };
}
