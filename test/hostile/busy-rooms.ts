// A busy evening on several nodes: at random, users create, join, use, leave and close rooms, with every command.
import { type CommandName, commandNames } from '../../src/protocol/commands.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { Person, RoomNode } from '../support/room-node.ts';
import type { Dice } from './dice.ts';
import { exampleOf } from './examples.ts';

const users = ['owner', 'ada', 'abe', 'alice', 'bob', 'carol', 'dave', 'erin'];
const ROOMS_MAX = 12;

export interface Evening {
  readonly nodes: readonly RoomNode[];
  readonly dice: Dice;
  readonly steps: number;
  /** Runs every 20 steps; the caller may let time pass. */
  readonly pause: () => Promise<void>;
}

export interface Outcome {
  readonly roomIds: readonly RoomId[];
  /** How often each command was granted. */
  readonly granted: ReadonlyMap<string, number>;
}

interface Connection {
  readonly person: Person;
  readonly roomId: RoomId;
}

/** The commands of rooms, weighted: a command that fills a room is tried more often than one that empties it. */
const tried: readonly CommandName[] = commandNames
  .filter((name) => exampleOf(name).room !== 'none' && name !== 'room:close' && name !== 'room:leave')
  .flatMap((name) =>
    Array<CommandName>(/^(seat:take|request:send|invite:send|message:send)$/.test(name) ? 6 : 1).fill(name),
  );

export async function spendEvening({ nodes, dice, steps, pause }: Evening): Promise<Outcome> {
  const roomIds: RoomId[] = [];
  const granted = new Map<string, number>();
  let connections: Connection[] = [];
  const attempt = async ({ person, roomId }: Connection, name: CommandName) => {
    const outcome = await person.try(name, payloadFor(name, { roomId, dice }) as never);
    if (outcome.ok) granted.set(name, (granted.get(name) ?? 0) + 1);
    return outcome.ok;
  };
  const connect = (roomId: RoomId): Connection => ({ person: dice.pick(nodes).connect(dice.pick(users)), roomId });
  const createRoom = async () => {
    const roomId = `evening-${roomIds.length}` as RoomId;
    const connection = connect(roomId);
    roomIds.push(roomId);
    if (await attempt(connection, 'room:create')) connections.push(connection);
  };
  const join = async () => {
    const connection = connect(dice.pick(roomIds));
    if (await attempt(connection, 'room:join')) connections.push(connection);
  };
  const leave = async (by: 'drop' | 'room:leave' | 'room:close') => {
    const leaving = dice.pick(connections);
    if (by === 'drop') await leaving.person.disconnect();
    else await attempt(leaving, by);
    connections = connections.filter((one) => one !== leaving);
  };
  for (let step = 0; step < steps; step++) {
    const roll = dice.below(100);
    if (roomIds.length === 0 || (roll < 5 && roomIds.length < ROOMS_MAX)) await createRoom();
    else if (roll < 30 || connections.length === 0) await join();
    else if (roll < 36) await leave('drop');
    else if (roll < 38) await leave('room:leave');
    else if (roll < 39) await leave('room:close');
    else await attempt(dice.pick(connections), dice.pick(tried));
    if (step % 20 === 0) await pause();
  }
  return { roomIds, granted };
}

/** The example of the table, with random users and seats. */
function payloadFor(name: CommandName, { roomId, dice }: { roomId: RoomId; dice: Dice }): object {
  const { payload } = exampleOf(name);
  const random = {
    ...('userId' in payload ? { userId: dice.pick(users) } : {}),
    ...('to' in payload ? { to: dice.pick(users) } : {}),
    ...('seat' in payload ? { seat: dice.below(6) } : {}),
    ...(dice.below(3) === 0 ? { commandId: `id-${dice.below(1_000)}` } : {}),
  };
  const settings = { seatMode: dice.pick(['free', 'request', 'invite']), graceMs: dice.pick([0, 45_000]) };
  // Hashing a password is expensive on purpose, and would take most of the time of the test.
  const { password: _expensive, ...rest } = { ...payload, password: null };
  return { ...rest, ...random, ...(name === 'room:create' ? settings : {}), roomId };
}

/** The present owner joins the room and closes it; nothing happens to a room that is closed. */
export async function closeRoom(node: RoomNode, roomId: RoomId): Promise<void> {
  const room = await node.engines.store.load(roomId);
  if (!room || room.state.closed) return;
  const owner = await node.join(room.state.roles.ownerId, roomId);
  await owner.do('room:close', { roomId });
  await owner.disconnect();
}
