// The password of a room at its entry: the users who need it, and the limit on wrong attempts (ROOM-2).
import type { RoomId, UserId } from '../../protocol/ids.ts';
import { isPassword } from '../contract/password.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';

export type PasswordRefusal =
  | { readonly status: 'wrongPassword' }
  | { readonly status: 'locked'; readonly retryAfterMs: number }
  | { readonly status: 'full'; readonly capacity: number };

/** Null: no refusal. The owner and present members need no password. Rejects as the store does. */
export async function checkPassword(
  { presence, attempts, sanctions }: RoomDeps,
  room: LiveRoom,
  { userId, password }: { readonly userId: UserId; readonly password: string | undefined },
): Promise<PasswordRefusal | null> {
  const { roomId } = room;
  const { secrets, roles, settings } = room.current.state;
  const { capacity } = settings;
  if (secrets.passwordHash === null || roles.ownerId === userId) return null;
  if ((await presence.find(roomId, [userId])).has(userId)) return null;
  if (password === undefined) return { status: 'wrongPassword' };
  // Checking a password is expensive. A user that would be refused with the right one cannot make this node do it.
  const { banned } = await sanctions.find(roomId, [userId]);
  if (banned.has(userId)) return null;
  if ((await presence.count(roomId)) >= capacity) return { status: 'full', capacity };
  const attempt = await attempts.attempt(roomId, userId);
  if (attempt.status === 'locked') return attempt;
  return (await isPassword(password, secrets.passwordHash)) ? null : { status: 'wrongPassword' };
}

/** Forgets wrong attempts of a user that is in now. Never rejects: attempts that stay end by themselves. */
export function forgiveAttempts({ attempts, logger }: RoomDeps, roomId: RoomId, userId: UserId): Promise<void> {
  return attempts.forgive(roomId, userId).catch((error: unknown) => {
    logger.warn({ event: 'room.password.forgive_failed', error, roomId }, 'Wrong passwords could not be forgotten.');
  });
}
