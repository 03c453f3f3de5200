// room:create: from the payload to a stored room (ROOM-1). Must not join anybody.
import { createHash } from 'node:crypto';
import { newRoom } from '../../domain/settings.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type { DirectoryStore } from '../../store/directory-store.ts';
import { nameEpoch } from '../../store/room-recovery.ts';
import {
  type CommandKey,
  CREATION,
  commandName,
  keyOf,
  type RoomStore,
  type StoredRoom,
} from '../../store/room-store.ts';
import { fail, type Outcome, repeatAnswer } from '../contract/outcome.ts';
import { hashPassword } from '../contract/password.ts';

/** A person needs a few rooms; who makes more is a script, or a business that should ask for a higher limit. */
export const ROOMS_PER_OWNER_MAX = 10;

interface CreateRoomDeps {
  readonly store: RoomStore;
  readonly directory: DirectoryStore;
  readonly random: Random;
  readonly logger: Logger;
  /** How many open rooms one user may own; ROOMS_PER_OWNER_MAX when absent. */
  readonly roomsPerOwnerMax?: number;
  /** Resolves when the store knows who holds the room that is to be: otherwise nobody would close it (ROOM-7). */
  readonly held: Promise<void>;
}

/** The id that the room is to have: the wanted one, or one that a repetition of the command comes to again (ACK-2). */
export const idFor = (
  payload: Payload<'room:create'>,
  ownerId: UserId,
  { random }: Pick<CreateRoomDeps, 'random'>,
): RoomId => payload.roomId ?? madeId(keyOf(ownerId, payload.commandId), random);

interface Founder {
  readonly roomId: RoomId;
  readonly ownerId: UserId;
}

/** Null when the room is there, also when the same command made it before (ACK-2); otherwise why it is not. */
export async function createRoom(
  payload: Payload<'room:create'>,
  { roomId, ownerId }: Founder,
  deps: CreateRoomDeps,
): Promise<Outcome | null> {
  const { store, random, roomsPerOwnerMax: limit = ROOMS_PER_OWNER_MAX } = deps;
  const creation = keyOf(ownerId, payload.commandId);
  const [isFull] = await Promise.all([ownsSoMany(ownerId, limit, deps), deps.held]);
  const { password } = payload;
  // Hashing is dear: not for a room that will not be made.
  const existing = password === undefined ? null : await store.load(roomId);
  const mayBeMade = !isFull && existing === null;
  const passwordHash = password !== undefined && mayBeMade ? await hashPassword(password, random) : null;
  const state = newRoom(payload, { roomId, ownerId, passwordHash, now: store.now() });
  const epoch = nameEpoch(store.now(), { end: random.id() });
  const room = { epoch, version: 0, replicationId: '', publicVersion: 0, staffVersion: 0, entryVersion: 0, state };
  const created = mayBeMade ? await store.create(room, creation) : refusalOf(existing);
  if (created === 'created') return noteOwner({ roomId, ownerId }, deps);
  const known = creation && (await store.recall(roomId, creation));
  if (known?.command === CREATION) return null;
  if (known) return repeatAnswer(known, CREATION);
  if (isFull) return fail('TOO_MANY_ROOMS', { limit });
  return fail(created === 'closed' ? 'ROOM_CLOSED' : 'ROOM_EXISTS');
}

const refusalOf = (existing: StoredRoom | null) => (existing?.state.closed ? 'closed' : 'exists');

/** Whether so many open rooms are his. The notes of that may be old: before they count, the rooms are looked at. */
async function ownsSoMany(ownerId: UserId, limit: number, { store, directory }: CreateRoomDeps): Promise<boolean> {
  const noted = await directory.ownedBy(ownerId);
  if (noted.length < limit) return false;
  let owned = 0;
  for (const roomId of noted) {
    const room = await store.load(roomId);
    if (room && !room.state.closed && room.state.roles.ownerId === ownerId) owned++;
    else await directory.disown(ownerId, roomId);
    if (owned >= limit) return true;
  }
  return false;
}

/**
 * The room is there: a note that fails to be made is no failure of the command; its first announcement makes it, too.
 */
async function noteOwner({ ownerId, roomId }: Founder, { directory, logger }: CreateRoomDeps): Promise<null> {
  await directory.claim(ownerId, roomId).catch((error: unknown) => {
    logger.warn({ error, roomId }, 'the owner of a new room could not be noted');
  });
  return null;
}

/** Without a command id any id will do; with one, the repetition must come to the same id on any node. */
function madeId(creation: CommandKey | null, random: Random): RoomId {
  if (!creation) return random.id() as RoomId;
  const digest = createHash('sha256').update(commandName(creation)).digest('base64url');
  return digest.slice(0, 22) as RoomId;
}
