// The end of one membership session in the store and, for a pinned user, on the stage.
import type { Actor } from '../../domain/actor.ts';
import type { OwnCommand } from '../../domain/stage-command.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { PresenceStore } from '../../store/presence-store.ts';
import { type Outcome, succeed } from '../contract/outcome.ts';
import type { LiveRoom } from '../live/live-room.ts';

interface SessionPlace {
  readonly presence: PresenceStore;
  readonly roomId: RoomId;
  /** Null when there is no such room: then the stage pins nobody. */
  readonly room: LiveRoom | null;
}

/** `member:leave` ends a pinned user's membership at once; `member:drop` begins their grace. */
type EndCommand = Extract<OwnCommand, { name: 'member:leave' | 'member:drop' }>;

/**
 * The store removes a listener at once. It never removes a user that the stage pins (P1): only a commit does that, so
 * then the stage gets the command. Ask `isSessionOver` whether something is left to do. Rejects as the presence store
 * does.
 */
export async function endSession(
  { presence, roomId, room }: SessionPlace,
  command: EndCommand,
  actor?: Actor,
): Promise<Outcome> {
  const { userId, fence } = command.payload;
  const left = await presence.leave(roomId, { userId, fence });
  return left === 'pinned' && room ? room.executeOwn(command, actor) : succeed();
}
