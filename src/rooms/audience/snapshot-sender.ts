// Sends whole rooms: after a change of role, to slow consumers that caught up, and to all when the room was replaced
// (SYNC-8, MSG-2).
import type { Recipient } from '../../delivery/recipient.ts';
import { kindOf, type MemberKind } from '../../domain/view.ts';
import { shareJson } from '../../lang/shared-json.ts';
import type { Ambient } from '../../ops/ambient.ts';
import { TimeSlice } from '../../ops/time-slice.ts';
import type { RoomSnapshot } from '../../protocol/snapshot.ts';
import type { LocalMember, LocalMembers } from '../contract/local-members.ts';
import type { RoomCopy } from '../turns/room-replica.ts';
import { buildSnapshot, buildYou, type SnapshotContext } from './snapshot-builder.ts';

const SNAPSHOT_RETRY_MS = 1_000;

export interface SnapshotSource {
  /** Whether they are known well enough; a possible gap ends it. */
  readonly isReady: boolean;
  /** Reads what is not known; rejects when the store does not answer. */
  ready(): Promise<void>;
  /** As they are now; ask only while isReady. */
  contextNow(): SnapshotContext;
}

interface SnapshotSenderDeps extends Pick<Ambient, 'clock' | 'logger'> {
  readonly members: LocalMembers;
  readonly copy: RoomCopy;
  readonly source: SnapshotSource;
}

export class SnapshotSender {
  readonly #deps: SnapshotSenderDeps;
  /** Slow consumers that caught up in this turn of the event loop: often many at once, when a burst is over. */
  #recovered = new Set<Recipient>();

  constructor(deps: SnapshotSenderDeps) {
    this.#deps = deps;
  }

  /** A snapshot has everything that a slow consumer was not sent (MSG-2). */
  sendTo(recipient: Recipient): void {
    const { clock, members } = this.#deps;
    if (this.#recovered.size === 0) {
      clock.soon(() => {
        const recovered = this.#recovered;
        this.#recovered = new Set();
        this.send(members.all().filter(({ recipient: own }) => own !== null && recovered.has(own)));
      });
    }
    this.#recovered.add(recipient);
  }

  /** Sends the room to these members, beginning with the one at `from`. They get no updates before it. */
  send(members: readonly LocalMember[], from = 0): void {
    if (from >= members.length) return;
    const { source, clock, logger, copy } = this.#deps;
    source.ready().then(
      () => this.#sendSlice(members, from),
      (error: unknown) => {
        const { roomId } = copy.current.state;
        logger.warn({ event: 'room.snapshot.retry', error, roomId }, 'Snapshots are late: the store did not answer.');
        clock.after(SNAPSHOT_RETRY_MS, () => this.send(members, from));
      },
    );
  }

  /** To as many members as one time slice allows. All of them get the room as it is in this step. */
  #sendSlice(members: readonly LocalMember[], from: number): void {
    const { copy, source, clock, members: present } = this.#deps;
    if (!source.isReady) {
      // Another possible gap came meanwhile.
      this.send(members, from);
      return;
    }
    const { current } = copy;
    const context = source.contextNow();
    // Members of one kind get the same room: it is built, and made text, once.
    const rooms = new Map<MemberKind, RoomSnapshot>();
    const roomFor = (kind: MemberKind) => {
      const known = rooms.get(kind) ?? shareJson(buildSnapshot(current, kind, context));
      rooms.set(kind, known);
      return known;
    };
    const slice = new TimeSlice(clock);
    for (let index = from; index < members.length; index++) {
      const member = members[index] as LocalMember;
      const { userId } = member.record;
      const kind = kindOf(current.state, userId);
      if (present.get(userId) === member) {
        member.recipient?.send('room:snapshot', { room: roomFor(kind), you: buildYou(current.state, member.record) });
        member.recipient?.switchTo(kind);
      }
      if (!slice.isOver()) continue;
      clock.soon(() => this.send(members, index + 1));
      return;
    }
  }
}
