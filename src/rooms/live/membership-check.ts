// After a possible gap: asks the store about every member here, and tells members from lost and from replaced ones.
import { awayOf } from '../../domain/room.ts';
import { chunksOf } from '../../lang/chunks.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import type { RoomAudience } from '../audience/room-audience.ts';
import type { LocalMember, LocalMembers } from '../contract/local-members.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { RoomCopy } from '../turns/room-replica.ts';

/** Members looked up in one command; a hundred thousand at once would block the store, and then this node. */
const CHECK_BATCH = 500;

interface MembershipCheckDeps extends Pick<RoomDeps, 'node' | 'presence'> {
  readonly roomId: RoomId;
  readonly members: LocalMembers;
  readonly audience: RoomAudience;
  readonly copy: RoomCopy;
}

/**
 * The check of one member against the store:
 *
 *   member    the store has this session
 *   lost      the store lost the membership, or ended it with this node: the member is let in again
 *   replaced  a newer session of the user has it
 *   ended     nobody has it
 */
type Verdict = 'member' | 'lost' | 'replaced' | 'ended';

export class MembershipCheck {
  readonly #deps: MembershipCheckDeps;
  /** Under a new epoch missing members were lost, not ended, and the others need a snapshot. */
  #epoch: 'same' | 'new' = 'same';
  /** Members who are about to be let in again: another check meanwhile must not take them for ended. */
  readonly #lost = new WeakSet<LocalMember>();

  constructor(deps: MembershipCheckDeps) {
    this.#deps = deps;
  }

  resetForNewEpoch(): void {
    this.#epoch = 'new';
  }

  /**
   * Checks all members and removes those whose session is over. Yields the lost ones, batch by batch. Throws when the
   * store does not answer, or when its answer cannot be judged yet: then it has to run again.
   */
  async *run(): AsyncGenerator<readonly LocalMember[]> {
    const { audience, copy } = this.#deps;
    const { epoch } = copy.current;
    for (const some of chunksOf(this.#deps.members.all(), CHECK_BATCH)) {
      if (copy.current.state.closed) break;
      const lost = await this.#check(some);
      if (lost.length > 0) yield lost;
      // The count is read again, too.
      if (!copy.current.state.closed) await audience.ready();
    }
    if (copy.current.epoch === epoch) this.#epoch = 'same';
  }

  async #check(some: readonly LocalMember[]): Promise<readonly LocalMember[]> {
    const { roomId, node, presence, members, audience, copy } = this.#deps;
    const found = await presence.find(
      roomId,
      some.map(({ record }) => record.userId),
    );
    // A closed room has no members: all of them are being told that, and nothing else.
    if (copy.current.state.closed) return [];
    // A missing member may have been ended with this node, which then lets them in again by itself (PRES-3).
    if (!node.isLeaseCertain || node.isRejoining) {
      throw new StoreUnavailableError('the lease of this node is not certain');
    }
    const checked: Record<Verdict, LocalMember[]> = { member: [], lost: [], replaced: [], ended: [] };
    for (const member of some) {
      const { userId } = member.record;
      if (members.get(userId) === member) checked[this.#judge(member, found.get(userId))].push(member);
    }
    for (const member of checked.replaced) audience.removeMember(member, { reason: 'replaced' });
    for (const member of checked.ended) audience.removeMember(member, { reason: 'disconnected' });
    for (const member of checked.lost) this.#lost.add(member);
    if (this.#epoch === 'new') audience.sendSnapshots(checked.member);
    return checked.lost;
  }

  #judge(member: LocalMember, found: MemberRecord | undefined): Verdict {
    const { userId, fence } = member.record;
    if (found?.fence === fence) return 'member';
    if (!found) return this.#epoch === 'new' || this.#lost.has(member) ? 'lost' : 'ended';
    if (found.fence < fence || found.nodeId === '') return 'lost';
    // The member was let in again, and the reply was lost.
    if (this.#lost.has(member) && found.nodeId === this.#deps.node.id) return 'lost';
    return awayOf(this.#deps.copy.current.state, userId)?.fence === found.fence ? 'lost' : 'replaced';
  }
}
