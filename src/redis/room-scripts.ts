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

export type RoomScripts = ReturnType<typeof createRoomScripts>;

/** All methods throw as those of RedisScripts do, and RecoveryRequiredError when the room has to be recovered first. */
export function createRoomScripts({ scripts, keys, replicationIds }: RoomScriptsDeps) {
  const by =
    (method: 'run' | 'runTimed' | 'read') =>
    async (roomId: RoomId, name: ScriptName, args: ScriptArguments): Promise<ScriptReply> => {
      const reply = await scripts[method](name, keys.room(roomId), args);
      const { outcome, values } = reply;
      if (outcome !== 'recovery_required' && outcome !== 'absent') return reply;
      // A missing room comes with the replication id. If that is new, nodes may be about to bring the room back.
      const isNew = replicationIds.observe(values[0] ?? '');
      if (outcome === 'recovery_required' || isNew) throw new RecoveryRequiredError(roomId);
      return reply;
    };
  return { run: by('run'), runTimed: by('runTimed'), read: by('read') };
}
