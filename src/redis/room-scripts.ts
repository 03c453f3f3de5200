// Runs the scripts of one room's keys, and says when the room must be settled first. Must not know what they do.
import type { RoomId } from '../protocol/ids.ts';
import { UnsettledError } from '../store/store-errors.ts';
import type { RedisKeys } from './keys.ts';
import type { Histories } from './replication-ids.ts';
import type { RedisScripts, ScriptName, ScriptReply } from './scripts.ts';

interface Parts {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly histories: Histories;
}

type Arguments = readonly (string | number)[];

export class RoomScripts {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Throws as RedisScripts.run does, and UnsettledError when nothing was done because the room is not settled. */
  async run(roomId: RoomId, name: ScriptName, args: Arguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#parts;
    return this.#settled(roomId, await scripts.run(name, keys.room(roomId), args));
  }

  /** The same for scripts that only read. */
  async read(roomId: RoomId, name: ScriptName, args: Arguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#parts;
    return this.#settled(roomId, await scripts.read(name, keys.room(roomId), args));
  }

  /** A room that is missing says under which history: those who hold it may be about to bring it back. */
  #settled(roomId: RoomId, reply: ScriptReply): ScriptReply {
    const { outcome, values } = reply;
    if (outcome !== 'unsettled' && outcome !== 'absent') return reply;
    const isNew = this.#parts.histories.hear(values[0] ?? '');
    if (outcome === 'unsettled' || isNew) throw new UnsettledError(roomId);
    return reply;
  }
}
