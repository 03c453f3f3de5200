// What a room says to its members, with the JSON that everybody shares finished once. Must not know who hears it.
import type { UserId } from '../protocol/ids.ts';

/**
 * Updates of the stage and deletions are never left out. Messages and news of the audience are, for who is far behind;
 * reactions, for who is behind at all (MSG-2).
 */
export type Broadcast =
  | {
      readonly kind: 'update';
      readonly epoch: string;
      /** The commit as ordinary members and as staff are shown it (SYNC-1), JSON; null: there is nothing in it for them. */
      readonly shown: Readonly<Record<'public' | 'staff', string | null>>;
    }
  | { readonly kind: 'message'; readonly json: string }
  | { readonly kind: 'reaction'; readonly key: string; readonly count: number }
  /** A message is not to be shown any more; the whole payload as JSON. */
  | { readonly kind: 'deletion'; readonly json: string }
  | {
      readonly kind: 'audience';
      readonly count: number;
      /** Members who came, as JSON. */
      readonly joined: readonly string[];
      readonly left: readonly { readonly userId: UserId; readonly fence: number }[];
    };

/** The history somebody hears; `talk`: none, because he is owed a snapshot first (SYNC-8). */
export type Stream = 'public' | 'staff' | 'talk';

/** How much of it he can take, by how far he is behind. */
export type BacklogLevel = 'all' | 'noReactions' | 'stageOnly';

/** About the size of its text. */
export function sizeOf(one: Broadcast): number {
  switch (one.kind) {
    case 'message':
    case 'deletion':
      return one.json.length;
    case 'update':
      return Math.max(one.shown.public?.length ?? 0, one.shown.staff?.length ?? 0);
    case 'reaction':
      return 0;
    case 'audience':
      return one.joined.reduce((sum, { length }) => sum + length, 0);
  }
}
