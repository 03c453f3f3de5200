// Runs the scripts of one room's keys, and says when the room must be settled first. Must not know what they do.
import type { RoomId } from '../protocol/ids.ts';
import { RecoveryRequiredError } from '../store/store-errors.ts';
import type { RedisKeys } from './keys.ts';
import type { ReplicationIds } from './replication-ids.ts';
import type { RedisScripts, ScriptName, ScriptReply } from './scripts.ts';

interface RoomScriptsDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly histories: ReplicationIds;
}

type Arguments = readonly (string | number)[];

export class RoomScripts {
  readonly #deps: RoomScriptsDeps;

  constructor(deps: RoomScriptsDeps) {
    this.#deps = deps;
  }

  /** Throws as RedisScripts.run does, and UnsettledError when nothing was done because the room is not settled. */
  async run(roomId: RoomId, name: ScriptName, args: Arguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#deps;
    return this.#usable(roomId, await scripts.run(name, keys.room(roomId), args));
  }

  /** The same for scripts that only read. */
  async read(roomId: RoomId, name: ScriptName, args: Arguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#deps;
    return this.#usable(roomId, await scripts.read(name, keys.room(roomId), args));
  }

  /** A room that is missing says under which history: those who hold it may be about to bring it back. */
  #usable(roomId: RoomId, reply: ScriptReply): ScriptReply {
    const { outcome, values } = reply;
    if (outcome !== 'recovery_required' && outcome !== 'absent') return reply;
    const isNew = this.#deps.histories.observe(values[0] ?? '');
    if (outcome === 'recovery_required' || isNew) throw new RecoveryRequiredError(roomId);
    return reply;
  }
}
