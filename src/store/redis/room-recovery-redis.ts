// Redis engine of room recovery: turns offers into arguments of the script, and its replies into results.
import { BugError } from '../../lang/assert.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { fieldsOf } from '../../redis/reply.ts';
import type { Offer, PinnedMember, RoomRecovery } from '../room-recovery.ts';
import type { Sanction } from '../sanction-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';
import { decodeRoom, encodePosition, encodeSections } from './room-codec.ts';
import { keptText, sanctionText } from './text-codecs.ts';

type Deps = Pick<RedisStoreDeps, 'scripts' | 'keys' | 'random' | 'liveReplicationIds'>;

export function redisRoomRecovery({ scripts, keys, random, liveReplicationIds }: Deps): RoomRecovery {
  /** `moved`: nothing was lost, so the store's copy wins at once. */
  const run = async (roomId: RoomId, moved: 'moved' | '', offer: string) => {
    const args = [keys.channel(roomId), random.id(), moved, offer];
    const { outcome, values } = await scripts.runTimed('recover-room', keys.room(roomId), args);
    switch (outcome) {
      case 'recovered':
        return { status: outcome, room: decodeRoom(roomId, fieldsOf(values)) } as const;
      case 'recovering':
        return { status: outcome, waitMs: Number(values[0]), keptUnder: values[1] ?? '' } as const;
      case 'absent':
        return { status: outcome } as const;
      default:
        throw new BugError(`recover-room answered ${outcome}`);
    }
  };
  return {
    async recover(roomId, offer) {
      const result = await run(roomId, '', offer ? JSON.stringify(toArgument(offer)) : '');
      if (result.status !== 'recovering') return result;
      // A room whose old server lives on with the replication id it was kept under has been moved, not lost [H5].
      const { status, keptUnder, waitMs } = result;
      const wasMoved = keptUnder !== '' && (await liveReplicationIds()).has(keptUnder);
      if (!wasMoved) return { status, waitMs };
      const moved = await run(roomId, 'moved', '');
      return moved.status === 'recovering' ? { status, waitMs } : moved;
    },
  };
}

/** An offer as the script reads it; its field names are kept in Redis until the recovery ends. */
function toArgument({ room, pinned, bans, silences, chat, fence }: Offer) {
  const { epoch, version, replicationId, state } = room;
  const fields = { ...encodePosition(room), schema: String(state.schema), ...encodeSections(state) };
  return {
    epoch,
    version,
    history: replicationId,
    fields: Object.entries(fields).flat(),
    isClosed: state.closed !== null,
    fence: String(fence),
    held: pinned.map(pinnedTexts),
    // Left out when they are not known.
    bans: bans?.map(sanctionTexts),
    silences: silences?.map(sanctionTexts),
    chat: chat.map(keptText),
  };
}

function pinnedTexts({ userId, profile, fence }: PinnedMember): readonly string[] {
  const fenceText = String(fence ?? '');
  if (!profile) return [userId, '', '', fenceText];
  const { rtcUid, name, avatar, level } = profile;
  return [userId, String(rtcUid), JSON.stringify({ name, avatar, level }), fenceText];
}

const sanctionTexts = (sanction: Sanction): readonly string[] => [sanction.userId, sanctionText(sanction)];
