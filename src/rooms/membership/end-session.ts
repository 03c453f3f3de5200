// The end of one membership session in the store and, for a pinned user, on the stage.
import type { Actor } from '../../domain/actor.ts';
import type { OwnCommand } from '../../domain/stage-command.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { PresenceStore } from '../../store/presence-store.ts';
import type { SessionFence } from '../../store/room-store.ts';
import { type Outcome, succeed } from '../contract/outcome.ts';
import type { LiveRoom } from '../live/live-room.ts';

type EndCommand = Extract<OwnCommand, { name: 'member:leave' | 'member:drop' }>;

/** Ends a pinned user's membership at once. */
export const leaveOf = ({ userId, fence }: SessionFence): EndCommand => ({
  name: 'member:leave',
  payload: { userId, fence },
});

/** The same, by the app's backend. */
export const revocationOf = ({ userId, fence }: SessionFence): EndCommand => ({
  name: 'member:leave',
  payload: { userId, fence, reason: 'service' },
});

/** Begins a pinned user's grace. */
export const dropOf = ({ userId, fence }: SessionFence): EndCommand => ({
  name: 'member:drop',
  payload: { userId, fence },
});

/**
 * The store removes a listener at once. It never removes a user that the stage pins (P1): only a commit does that, so
 * then the stage gets the command. Without a room nobody is pinned. Ask `isSessionOver` whether something is left to
 * do. Rejects as the presence store does.
 */
export async function endSession(
  { presence, roomId, room }: { presence: PresenceStore; roomId: RoomId; room: LiveRoom | null },
  command: EndCommand,
  actor?: Actor,
): Promise<Outcome> {
  const { userId, fence } = command.payload;
  const left = await presence.leave(roomId, { userId, fence });
  return left === 'pinned' && room ? room.executeOwn(command, actor) : succeed();
}
