// A broadcast: one thing that a room sends to its members on this node. JSON that all of them share is finished here.
import type { UserId } from '../protocol/ids.ts';

/**
 * Updates of the stage and deletions are never left out. For a slow consumer reactions are left out first, then
 * messages and audience news as well (MSG-2).
 */
export type Broadcast =
  | {
      readonly kind: 'update';
      readonly epoch: string;
      /** The commit as JSON, as each stream gets it (SYNC-1). Null: the commit has nothing for that stream. */
      readonly jsonFor: Readonly<Record<'public' | 'staff', string | null>>;
    }
  | { readonly kind: 'message'; readonly json: string }
  | { readonly kind: 'reaction'; readonly key: string; readonly count: number }
  /** A message must be removed from every screen. `json` is the whole payload. */
  | { readonly kind: 'deletion'; readonly json: string }
  | {
      readonly kind: 'audience';
      readonly count: number;
      /** New members, as JSON. */
      readonly joined: readonly string[];
      readonly left: readonly { readonly userId: UserId; readonly fence: number }[];
    };

/** Which updates a recipient gets. `paused`: none, because a snapshot is still to be sent (SYNC-8); messages go on. */
export type Stream = 'public' | 'staff' | 'paused';

/** What a recipient still gets, judged by its backlog. */
export type BacklogLevel = 'all' | 'noReactions' | 'stageOnly';

/** The length of the text, roughly, in characters. */
export function sizeOf(broadcast: Broadcast): number {
  switch (broadcast.kind) {
    case 'message':
    case 'deletion':
      return broadcast.json.length;
    case 'update':
      return Math.max(broadcast.jsonFor.public?.length ?? 0, broadcast.jsonFor.staff?.length ?? 0);
    case 'reaction':
      return 0;
    case 'audience':
      return broadcast.joined.reduce((sum, { length }) => sum + length, 0);
  }
}
