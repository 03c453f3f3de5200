// room:create: from the payload to a stored room (ROOM-1). Its owner joins afterwards, if at all.
import { createHash } from 'node:crypto';
import { newRoom } from '../../domain/settings.ts';
import type { Random } from '../../ops/random.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type { DirectoryStore } from '../../store/directory-store.ts';
import { nameEpoch } from '../../store/room-recovery.ts';
import { CREATE_COMMAND, commandName, keyOf, type StoredRoom } from '../../store/room-store.ts';
import { fail, type Outcome, repeatAnswer } from '../contract/outcome.ts';
import { hashPassword } from '../contract/password.ts';
import type { RoomDeps } from '../contract/room-deps.ts';

/** A person needs a few rooms. More rooms come from a script, or from a business that should ask for a higher limit. */
export const ROOMS_PER_OWNER_MAX = 10;

interface CreateRoomDeps extends Pick<RoomDeps, 'store' | 'random' | 'logger'> {
  readonly directory: DirectoryStore;
  /** How many open rooms one user may own; ROOMS_PER_OWNER_MAX when absent. */
  readonly roomsPerOwnerMax?: number;
  /** The new room is among this node's holdings in the store: otherwise no node would close it (ROOM-7). */
  readonly registered: Promise<void>;
}

/** The requested id, or one that a repetition of the command gets on any node (ACK-2); without a command id, any. */
export function idFor(payload: Payload<'room:create'>, ownerId: UserId, random: Random): RoomId {
  if (payload.roomId) return payload.roomId;
  const creation = keyOf(ownerId, payload.commandId);
  if (!creation) return random.id() as RoomId;
  const digest = createHash('sha256').update(commandName(creation)).digest('base64url');
  return digest.slice(0, 22) as RoomId;
}

/**
 * Null when the room exists now, also when the same command created it before (ACK-2); otherwise the refusal. Rejects
 * as the stores do.
 */
export async function createRoom(
  payload: Payload<'room:create'>,
  { roomId, ownerId }: { readonly roomId: RoomId; readonly ownerId: UserId },
  deps: CreateRoomDeps,
): Promise<Outcome | null> {
  const { store, random, roomsPerOwnerMax: limit = ROOMS_PER_OWNER_MAX } = deps;
  const creation = keyOf(ownerId, payload.commandId);
  const [isAtLimit] = await Promise.all([ownsAtLeast(ownerId, limit, deps), deps.registered]);
  const { password } = payload;
  // Hashing is expensive: not for a room that will not be created.
  const existing = password === undefined ? null : await store.load(roomId);
  const mayCreate = !isAtLimit && existing === null;
  const passwordHash = password !== undefined && mayCreate ? await hashPassword(password, random) : null;
  const state = newRoom(payload, { roomId, ownerId, passwordHash, now: store.now() });
  const epoch = nameEpoch(store.now(), { end: random.id() });
  const room = { epoch, version: 0, replicationId: '', publicVersion: 0, staffVersion: 0, entryVersion: 0, state };
  const created = mayCreate ? await store.create(room, creation) : refusalOf(existing);
  if (created === 'created') return recordOwner(roomId, ownerId, deps);
  const known = creation && (await store.recall(roomId, creation));
  if (known?.command === CREATE_COMMAND) return null;
  if (known) return repeatAnswer(known, CREATE_COMMAND);
  if (isAtLimit) return fail('TOO_MANY_ROOMS', { limit });
  return fail(created === 'closed' ? 'ROOM_CLOSED' : 'ROOM_EXISTS');
}

const refusalOf = (existing: StoredRoom | null) => (existing?.state.closed ? 'closed' : 'exists');

/** The directory's entries may be old, so each room is checked before it counts. */
async function ownsAtLeast(ownerId: UserId, limit: number, { store, directory }: CreateRoomDeps): Promise<boolean> {
  const recorded = await directory.ownedBy(ownerId);
  if (recorded.length < limit) return false;
  let owned = 0;
  for (const roomId of recorded) {
    const room = await store.load(roomId);
    if (room && !room.state.closed && room.state.roles.ownerId === ownerId) owned++;
    else await directory.disown(ownerId, roomId);
    if (owned >= limit) return true;
  }
  return false;
}

/** A failure here does not fail the command: the room's first announcement records the owner, too. */
async function recordOwner(roomId: RoomId, ownerId: UserId, { directory, logger }: CreateRoomDeps): Promise<null> {
  await directory.claim(ownerId, roomId).catch((error: unknown) => {
    logger.warn({ event: 'room.owner.record_failed', error, roomId }, 'The owner of a room is not recorded yet.');
  });
  return null;
}
