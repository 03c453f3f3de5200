// Members who are owed the whole room: who became or ceased to be staff, who was too far behind, everybody when the room was
// exchanged (SYNC-8, MSG-2). Must not know why, nor who else is there.

import type { Recipient } from '../../delivery/recipient.ts';
import { kindOf, type MemberKind } from '../../domain/view.ts';
import { shareJson } from '../../lang/shared-json.ts';
import type { Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import { TimeSlice } from '../../ops/time-slice.ts';
import type { RoomSnapshot } from '../../protocol/snapshot.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import type { LocalMember, LocalMembers } from '../contract/local-members.ts';
import { buildSnapshot, buildYou, type SnapshotContext } from './snapshot-builder.ts';

const SNAPSHOT_RETRY_MS = 1_000;

interface SnapshotSenderDeps {
  readonly members: LocalMembers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The room as it is now. */
  readonly current: () => StoredRoom;
  /** What a snapshot shows besides the stage, in the step in which it is asked; null when that is not known (well enough). */
  readonly shown: () => SnapshotContext | null;
  /** Reads what is not known; rejects when the store does not answer. */
  readonly ready: () => Promise<unknown>;
}

export class SnapshotSender {
  readonly #deps: SnapshotSenderDeps;
  /** Who has caught up in this turn of the event loop: often many at once, when a burst is over. */
  #recovered = new Set<Recipient>();

  constructor(deps: SnapshotSenderDeps) {
    this.#deps = deps;
  }

  /** What was left out for one who read too slowly, he finds in a snapshot (MSG-2). */
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

  /** Sends the whole room to them, from the first to the last; until then they hear no updates. */
  send(members: readonly LocalMember[], from = 0): void {
    if (from >= members.length) return;
    const { ready, clock, logger, current } = this.#deps;
    ready().then(
      () => this.#sendSlice(members, from),
      (error: unknown) => {
        logger.warn({ error, roomId: current().state.roomId }, 'snapshots are late: the store did not answer');
        clock.after(SNAPSHOT_RETRY_MS, () => this.send(members, from));
      },
    );
  }

  /** To as many as one stretch allows: each is shown the room as it is in that very step. */
  #sendSlice(members: readonly LocalMember[], from: number): void {
    const { current, shown, clock, members: present } = this.#deps;
    const around = shown();
    // Another doubt came meanwhile: what is known now is not enough.
    if (!around) {
      this.send(members, from);
      return;
    }
    const room = current();
    // Those of one kind are shown the same: it is built, and made text, once.
    const rooms = new Map<MemberKind, RoomSnapshot>();
    const roomFor = (kind: MemberKind) => {
      const known = rooms.get(kind) ?? shareJson(buildSnapshot(room, kind, around));
      rooms.set(kind, known);
      return known;
    };
    const stretch = new TimeSlice(clock);
    for (let index = from; index < members.length; index++) {
      const member = members[index] as LocalMember;
      const { userId } = member.record;
      const kind = kindOf(room.state, userId);
      if (present.get(userId) === member) {
        member.recipient?.send('room:snapshot', { room: roomFor(kind), you: buildYou(room.state, member.record) });
        member.recipient?.switchTo(kind);
      }
      if (!stretch.isOver()) continue;
      clock.soon(() => this.send(members, index + 1));
      return;
    }
  }
}
