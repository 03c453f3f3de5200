// room:create: from the payload to a stored room (ROOM-1). Must not join anybody.
import { createHash } from 'node:crypto';
import { foundRoom } from '../domain/settings.ts';
import type { Random } from '../ops/random.ts';
import type { Payload } from '../protocol/commands.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import { type CommandKey, CREATION, nameOf, type RoomStore } from '../store/room-store.ts';
import { type Outcome, refuse, repeat } from './outcome.ts';
import { hashPassword } from './password.ts';

interface Parts {
  readonly store: RoomStore;
  readonly random: Random;
}

/** The id that the room is to have: the wanted one, or one that a repetition of the command comes to again (ACK-2). */
export const idFor = (payload: Payload<'room:create'>, ownerId: UserId, { random }: Pick<Parts, 'random'>): RoomId =>
  payload.roomId ?? madeId(creationOf(payload, ownerId), random);

const creationOf = ({ commandId }: Payload<'room:create'>, userId: UserId): CommandKey | null =>
  commandId === undefined ? null : { userId, commandId };

interface Founder {
  readonly roomId: RoomId;
  readonly ownerId: UserId;
}

/** Null when the room is there, also when the same command made it before (ACK-2); otherwise why it is not. */
export async function createRoom(
  payload: Payload<'room:create'>,
  { roomId, ownerId }: Founder,
  { store, random }: Parts,
): Promise<Outcome | null> {
  const creation = creationOf(payload, ownerId);
  const passwordHash = payload.password === undefined ? null : await hashPassword(payload.password, random);
  const state = foundRoom(payload, { roomId, ownerId, passwordHash, now: store.now() });
  const room = { epoch: random.id(), version: 0, publicVersion: 0, staffVersion: 0, door: 0, state };
  const created = await store.create(room, creation);
  if (created === 'created') return null;
  const known = creation && (await store.recall(roomId, creation));
  if (known?.command === CREATION) return null;
  if (known) return repeat(known, CREATION);
  return refuse(created === 'closed' ? 'ROOM_CLOSED' : 'ROOM_EXISTS');
}

/** Without a command id any id will do; with one, the repetition must come to the same id on any node. */
function madeId(creation: CommandKey | null, random: Random): RoomId {
  if (!creation) return random.id() as RoomId;
  const digest = createHash('sha256').update(nameOf(creation)).digest('base64url');
  return digest.slice(0, 22) as RoomId;
}
