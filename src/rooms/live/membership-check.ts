// After a doubt: which of the members here are members still, and what becomes of the others. Must not know what the doubt
// was about.
import { awayOf } from '../../domain/room.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { MemberRecord, PresenceStore } from '../../store/presence-store.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import type { RoomAudience } from '../audience/room-audience.ts';
import type { LocalMember } from '../contract/local-members.ts';
import type { ThisNode } from '../contract/room-deps.ts';

/** Members who are looked up in one command: a hundred thousand would hold up the store, and then this node. */
const CHECK_BATCH = 500;

interface MembershipCheckDeps {
  readonly roomId: RoomId;
  readonly node: ThisNode;
  readonly presence: PresenceStore;
  readonly audience: RoomAudience;
  readonly current: () => StoredRoom;
  /** These are connected here, and the store has lost their memberships or given them up. */
  readonly onLost: (members: readonly LocalMember[]) => void;
}

export class MembershipCheck {
  readonly #deps: MembershipCheckDeps;
  /** The room goes on under a new epoch: those who are members still are owed a snapshot, the others enter anew. */
  #isNewEpoch = false;
  /** Those who are entering again, or about to: another look meanwhile must not take them for gone. */
  readonly #lost = new WeakSet<LocalMember>();

  constructor(deps: MembershipCheckDeps) {
    this.#deps = deps;
  }

  /** The next run is about a new epoch. */
  resetForNewEpoch(): void {
    this.#isNewEpoch = true;
  }

  /** Rejects when the store does not answer, or what it says cannot be judged yet; to be run again then. */
  async run(): Promise<void> {
    const { audience, current } = this.#deps;
    const { epoch } = current();
    const known = audience.members.all();
    for (let from = 0; from < known.length && !current().state.closed; from += CHECK_BATCH) {
      await this.#check(known.slice(from, from + CHECK_BATCH));
    }
    if (current().epoch === epoch) this.#isNewEpoch = false;
  }

  async #check(members: readonly LocalMember[]): Promise<void> {
    const { roomId, node, presence, audience, current, onLost } = this.#deps;
    const userIds = members.map(({ record }) => record.userId);
    const found = await presence.find(roomId, userIds);
    // Nobody is a member of a closed room: all of them are being told that, and nothing else.
    if (current().state.closed) return;
    // Who is missing may have been taken for dead with this node, which then lets him in again by itself (PRES-3).
    if (!node.isLeaseCertain || node.isRejoining)
      throw new StoreUnavailableError('the lease of this node is not certain');
    const isHere = (member: LocalMember) => audience.members.get(member.record.userId) === member;
    const present = members.filter(isHere);
    const isKnown = ({ record }: LocalMember) => found.get(record.userId)?.fence === record.fence;
    const [lost, replaced] = [[] as LocalMember[], [] as LocalMember[]];
    for (const member of present.filter((one) => !isKnown(one))) {
      const isLost = this.#isLost(member, found.get(member.record.userId) ?? null);
      (isLost ? lost : replaced).push(member);
    }
    for (const member of replaced) {
      audience.removeMember(member, { reason: found.has(member.record.userId) ? 'replaced' : 'disconnected' });
    }
    for (const member of lost) this.#lost.add(member);
    if (lost.length > 0) onLost(lost);
    if (this.#isNewEpoch) audience.sendSnapshots(present.filter(isKnown));
    // The number of members is read again, too.
    await audience.ready();
  }

  /** Whether his membership is to be had back: the store lost it, or he was taken for dead. Otherwise a newer session has it. */
  #isLost(member: LocalMember, found: MemberRecord | null): boolean {
    const { record } = member;
    if (!found) return this.#isNewEpoch || this.#lost.has(member);
    if (found.fence < record.fence || found.nodeId === '') return true;
    // He has been let in again, and the reply was lost.
    if (this.#lost.has(member) && found.nodeId === this.#deps.node.id) return true;
    return awayOf(this.#deps.current().state, record.userId)?.fence === found.fence;
  }
}
