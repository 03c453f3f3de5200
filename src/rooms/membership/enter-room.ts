// The entry into a room: the store makes a user a member, under the conditions that this node's copy has (ROOM-2,
// PRES-1).
import { awayOf, type RoomState } from '../../domain/room.ts';
import type { UserId } from '../../protocol/ids.ts';
import { UID_MAX } from '../../rtc/rtc-provider.ts';
import type { JoinResult } from '../../store/presence-store.ts';
import type { PendingJoin } from '../audience/pending-joins.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';

/** An entry is given up when its conditions change during each of so few attempts: a ninth would hardly do better. */
const ENTRY_ATTEMPTS_MAX = 8;
const RTC_UID_CANDIDATES = 8;

export type Joined = Extract<JoinResult, { status: 'joined' }>;

/** Why an entry failed. `contended`: the conditions of entry changed, or no voice number was free, at each attempt. */
export type EntryRefusal =
  | { readonly status: 'closed'; readonly closed: NonNullable<RoomState['closed']> }
  | { readonly status: 'banned'; readonly until: number | null }
  | { readonly status: 'full'; readonly capacity: number }
  | { readonly status: 'absent' | 'contended' };

interface Entry<Refusal> {
  readonly entrant: {
    readonly userId: UserId;
    readonly name: string;
    readonly avatar: string;
    readonly level: number;
    /** The number in the voice channel to keep, if it is free. */
    readonly rtcUid?: number;
  };
  readonly pending: PendingJoin;
  /** What the caller itself has against the entry; asked before each attempt. */
  readonly check: () => Promise<Refusal | null>;
}

/**
 * The conditions are judged on this node's copy, and the store refuses the entry when they have changed since (P4).
 * Then they are judged again. Rejects as the store does; after an OutcomeUnknownError the user may be a member.
 */
export async function enterRoom<Refusal>(
  { presence, node, random }: RoomDeps,
  room: LiveRoom,
  { entrant, pending, check }: Entry<Refusal>,
): Promise<Joined | EntryRefusal | Refusal> {
  const { userId, name, avatar, level, rtcUid } = entrant;
  for (let attempt = 0; attempt < ENTRY_ATTEMPTS_MAX; attempt++) {
    const { state, entryVersion } = room.current;
    const { capacity } = state.settings;
    if (state.closed) return { status: 'closed', closed: state.closed };
    const refusal = await check();
    if (refusal) return refusal;
    const candidates = Array.from({ length: RTC_UID_CANDIDATES }, () => random.integer(1, UID_MAX + 1));
    const result = await presence.join(room.roomId, {
      userId,
      name,
      avatar,
      level,
      nodeId: node.id,
      entryVersion,
      // The owner always finds a place in their own room.
      capacity: state.roles.ownerId === userId ? Number.MAX_SAFE_INTEGER : capacity,
      rtcUids: rtcUid === undefined ? candidates : [rtcUid, ...candidates],
    });
    switch (result.status) {
      case 'joined':
        room.audience.confirmJoin(result, pending);
        return result;
      case 'full':
        return { status: 'full', capacity };
      case 'banned':
        return result;
      case 'absent':
        return { status: 'absent' };
      case 'entryChanged':
        await room.catchUp();
    }
  }
  return { status: 'contended' };
}

/** Brings this copy to the entry (ACK-6), and ends the user's grace (PRES-1). Rejects as the store does. */
export async function completeEntry(room: LiveRoom, joined: Joined): Promise<void> {
  await room.catchUpTo(joined);
  const { userId, fence } = joined.member;
  if (awayOf(room.current.state, userId)) {
    await room.executeOwn({ name: 'member:return', payload: { userId, fence } });
  }
}
