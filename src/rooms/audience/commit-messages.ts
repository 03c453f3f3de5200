// The events that one commit means for the members of this node: updates, private events, grants and removals. Pure,
// but for the sending of private events.
import type { Broadcast } from '../../delivery/broadcast.ts';
import type { Recipient } from '../../delivery/recipient.ts';
import { isStaff, maySpeak, queueOrder, type RoomState, seatOf } from '../../domain/room.ts';
import type { StageEvent } from '../../domain/stage-event.ts';
import type { GrantReason, ServerEventPayload } from '../../protocol/server-events.ts';
import type { LocalMember, LocalMembers } from '../contract/local-members.ts';
import type { CommitApplied, Transition } from '../turns/room-replica.ts';
import { toUpdate } from './snapshot-builder.ts';

/** Why a session is no longer in the room. */
export type RemovalNotice = Omit<ServerEventPayload<'room:left'>, 'roomId'>;

/** The update as ordinary members and as staff get it (SYNC-1); null when neither gets any. */
export function updateOf({ after, record }: CommitApplied): Broadcast | null {
  const [forPublic, forStaff] = [toUpdate(record, 'public'), toUpdate(record, 'staff')];
  if (!forPublic && !forStaff) return null;
  const jsonFor = { public: forPublic && JSON.stringify(forPublic), staff: forStaff && JSON.stringify(forStaff) };
  return { kind: 'update', epoch: after.epoch, jsonFor };
}

/** Members here who became or ceased to be staff: they need a snapshot (SYNC-8). */
export function kindChanged(members: LocalMembers, { before, after }: CommitApplied): LocalMember[] {
  if (before.state.roles === after.state.roles) return [];
  const staff = new Set([before, after].flatMap(({ state: { roles } }) => [roles.ownerId, ...roles.admins]));
  return [...staff]
    .filter((userId) => isStaff(before.state, userId) !== isStaff(after.state, userId))
    .flatMap((userId) => members.get(userId) ?? []);
}

/** Sends requesters and invitees the events about themselves (REQ-4, INV-1). */
export function sendPrivateEvents(members: LocalMembers, commit: CommitApplied): void {
  const { roomId } = commit.after.state;
  const changed = new Set<string>();
  for (const event of commit.record.events) {
    switch (event.type) {
      case 'request.ended': {
        const { status, by, reason, note } = event;
        const details = { ...(reason === undefined ? {} : { reason }), ...(note === undefined ? {} : { note }) };
        sendTo(members, event.userId, (member) => member.send('request:update', { roomId, status, by, ...details }));
        break;
      }
      case 'request.added':
      case 'request.updated':
        changed.add(event.request.userId);
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
  sendPositions(members, commit, changed);
}

/** Users who moved in the queue get their position, and so do those whose request was `changed`. */
function sendPositions(members: LocalMembers, { before, after }: CommitApplied, changed: ReadonlySet<string>): void {
  if (before.state.requests === after.state.requests && before.state.settings === after.state.settings) return;
  const old = positions(before.state);
  for (const [userId, position] of positions(after.state)) {
    if (old.get(userId) === position && !changed.has(userId)) continue;
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
export function grantChanges(members: LocalMembers, { before, after }: Transition): GrantChange[] {
  if (before.state.seats === after.state.seats) return [];
  // Seats that did not change are the same objects.
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

/** A member whose stream is paused finds it in the snapshot. */
function sendTo(members: LocalMembers, userId: string, send: (member: Recipient) => void): void {
  const recipient = members.get(userId)?.recipient;
  if (recipient && recipient.stream !== 'paused') send(recipient);
}

/** Null for a session that left by itself. If an unseen other device left, this session was replaced. */
export function removalNoticeOf(
  event: Extract<StageEvent, { type: 'member.left' }>,
  { record }: LocalMember,
): RemovalNotice | null {
  const { reason, by, until, fence } = event;
  if (reason === 'left') return record.fence === fence ? null : { reason: 'replaced' };
  if (reason !== 'kicked' && reason !== 'banned') return { reason: 'disconnected' };
  return { reason, by, ...(until === undefined ? {} : { until }) };
}
