// Redis engine of settling: what a node offers as the script takes it, and what comes of it. Must not know rules.
import { BugError } from '../../lang/assert.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { type RedisKeys, ttls } from '../../redis/keys.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import type { StoreClock } from '../../redis/store-clock.ts';
import {
  type Offer,
  type PinnedMember,
  RECOVERY_WINDOW_MS,
  type RecoveryResult,
  type RoomRecovery,
} from '../room-recovery.ts';
import { CLOCK_TOLERANCE_MS } from '../room-store.ts';
import type { Sanction } from '../sanction-store.ts';
import { keptText } from './message-codec.ts';
import { decodeRoom, encodePosition, encodeSections } from './room-codec.ts';
import { sanctionText } from './sanction-codec.ts';

interface RedisRoomRecoveryDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly clock: StoreClock;
  /** The histories of all servers that take writes now. */
  readonly liveHistories: () => Promise<ReadonlySet<string>>;
  /** An end for the names of epochs. */
  readonly newEnd: () => string;
}

export class RedisRoomRecovery implements RoomRecovery {
  readonly #deps: RedisRoomRecoveryDeps;

  constructor(deps: RedisRoomRecoveryDeps) {
    this.#deps = deps;
  }

  async recover(roomId: RoomId, offer: Offer | null): Promise<RecoveryResult> {
    const text = offer ? JSON.stringify(toArgument(offer)) : '';
    const result = await this.#run(roomId, { text, isNothingLost: '' });
    if (result.status !== 'recovering') return result;
    // A room whose old server lives on with the history it was kept under has been moved, not lost [H5].
    const { keptUnder, waitMs } = result;
    const wasMoved = keptUnder !== '' && (await this.#deps.liveHistories()).has(keptUnder);
    if (!wasMoved) return { status: 'recovering', waitMs };
    const moved = await this.#run(roomId, { text: '', isNothingLost: '1' });
    return moved.status === 'recovering' ? { status: 'recovering', waitMs } : moved;
  }

  async #run(roomId: RoomId, { text, isNothingLost }: { readonly text: string; readonly isNothingLost: '' | '1' }) {
    const { keys, clock, scripts, newEnd } = this.#deps;
    const names = keys.room(roomId);
    const run = () => {
      const times = [clock.now(), CLOCK_TOLERANCE_MS, RECOVERY_WINDOW_MS, ttls.idleRoomMs, ttls.closedRoomMs];
      return scripts.run('recover-room', names, [...times, keys.channel(roomId), newEnd(), isNothingLost, text]);
    };
    let reply = await run();
    // The reply brought the store's time along; a clock that was off is right now.
    if (reply.outcome === 'late') reply = await run();
    const { outcome, values } = reply;
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
  }
}

const fieldsOf = (values: readonly string[]): ReadonlyMap<string, string> =>
  new Map(values.flatMap((field, index) => (index % 2 === 0 ? [[field, values[index + 1] ?? ''] as const] : [])));

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
    held: pinned.map(heldTexts),
    // Left out when they are not known.
    bans: bans?.map(sanctionTexts),
    silences: silences?.map(sanctionTexts),
    chat: chat.map(keptText),
  };
}

function heldTexts({ userId, profile, fence }: PinnedMember): readonly string[] {
  const due = String(fence ?? '');
  if (!profile) return [userId, '', '', due];
  const { rtcUid, name, avatar, level } = profile;
  return [userId, String(rtcUid), JSON.stringify({ name, avatar, level }), due];
}

const sanctionTexts = (sanction: Sanction): readonly string[] => [sanction.userId, sanctionText(sanction)];
