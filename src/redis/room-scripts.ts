// Runs the scripts of one room's keys, and throws when the room needs a recovery first.
import type { RoomId } from '../protocol/ids.ts';
import { RecoveryRequiredError } from '../store/store-errors.ts';
import type { RedisKeys } from './keys.ts';
import type { ReplicationIds } from './replication-ids.ts';
import type { RedisScripts, ScriptArguments, ScriptName, ScriptReply } from './scripts.ts';

interface RoomScriptsDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly replicationIds: ReplicationIds;
}

/** All methods throw as those of RedisScripts do, and RecoveryRequiredError when the room has to be recovered first. */
export class RoomScripts {
  readonly #deps: RoomScriptsDeps;

  constructor(deps: RoomScriptsDeps) {
    this.#deps = deps;
  }

  async run(roomId: RoomId, name: ScriptName, args: ScriptArguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#deps;
    return this.#usable(roomId, await scripts.run(name, keys.room(roomId), args));
  }

  async runTimed(roomId: RoomId, name: ScriptName, args: ScriptArguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#deps;
    return this.#usable(roomId, await scripts.runTimed(name, keys.room(roomId), args));
  }

  /** For scripts that only read. */
  async read(roomId: RoomId, name: ScriptName, args: ScriptArguments): Promise<ScriptReply> {
    const { scripts, keys } = this.#deps;
    return this.#usable(roomId, await scripts.read(name, keys.room(roomId), args));
  }

  /** A missing room comes with the replication id. If that is new, nodes may be about to bring the room back. */
  #usable(roomId: RoomId, reply: ScriptReply): ScriptReply {
    const { outcome, values } = reply;
    if (outcome !== 'recovery_required' && outcome !== 'absent') return reply;
    const isNew = this.#deps.replicationIds.observe(values[0] ?? '');
    if (outcome === 'recovery_required' || isNew) throw new RecoveryRequiredError(roomId);
    return reply;
  }
}
