// Gives each member of this node the grant that fits their right to speak, and renews it in time (RTC-1…3).
import { maySpeak, type RoomState } from '../../domain/room.ts';
import { Agenda, type AgendaEntry } from '../../ops/agenda.ts';
import type { Ambient } from '../../ops/ambient.ts';
import type { GrantReason } from '../../protocol/server-events.ts';
import type { Grant } from '../../protocol/snapshot.ts';
import type { RtcProvider } from '../../rtc/rtc-provider.ts';
import type { LocalMember } from './local-members.ts';

/** A grant is renewed this long before it expires (RTC-3); Agora's own warning comes 30 s before. */
const RENEW_BEFORE_MS = 60_000;
/** Renewals come earlier by up to this, at random: a hall that filled in a minute must not ask the store at once. */
const RENEW_JITTER_MS = 15_000;
/** The time until the next try, when minting failed or the store is away. */
const RENEW_RETRY_MS = 5_000;

/** Resolves to the room's state as just read; null: the member's session is over. Rejects as the store does. */
export type Revalidate = (member: LocalMember) => Promise<RoomState | null>;

interface VoiceGrantsDeps extends Ambient {
  readonly provider: RtcProvider;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
}

interface Renewal {
  readonly roomId: string;
  readonly member: LocalMember;
  /** One function for all members of a room, because there are many of them. */
  readonly revalidate: Revalidate;
}

export class VoiceGrants {
  readonly #deps: VoiceGrantsDeps;
  readonly #agenda: Agenda<Renewal>;
  readonly #renewals = new Map<LocalMember, AgendaEntry<Renewal>>();

  constructor(deps: VoiceGrantsDeps) {
    this.#deps = deps;
    this.#agenda = new Agenda<Renewal>(deps.clock, (renewal) => this.#renew(renewal));
  }

  /** The grant to which this member is entitled now: a publisher's only on a seat that is not muted. */
  mint(state: RoomState, { userId, rtcUid: uid }: { readonly userId: string; readonly rtcUid: number }): Grant {
    const role = maySpeak(state, userId) ? 'publisher' : 'subscriber';
    return this.#deps.provider.mint({ roomId: state.roomId, uid, role, now: this.#deps.storeNow() });
  }

  /** Sends a new grant, and renews it until forget(). A failure is logged and retried. */
  push(state: RoomState, member: LocalMember, { reason, revalidate }: { reason: GrantReason; revalidate: Revalidate }) {
    const { roomId } = state;
    try {
      const grant = this.mint(state, member.record);
      member.recipient?.send('rtc:grant', { ...grant, reason });
      this.renewLater(member, grant, revalidate);
    } catch (error) {
      this.#deps.logger.error({ event: 'grant.mint.failed', error, roomId }, 'A grant could not be minted yet.');
      this.#schedule({ roomId, member, revalidate }, RENEW_RETRY_MS);
    }
  }

  /** Renews a grant that was part of an ack, until forget(). */
  renewLater(member: LocalMember, { roomId, expiresAt }: Grant, revalidate: Revalidate): void {
    if (expiresAt === null) return;
    const earlier = RENEW_BEFORE_MS + this.#deps.random.integer(0, RENEW_JITTER_MS + 1);
    const delayMs = Math.max(RENEW_RETRY_MS, expiresAt - this.#deps.storeNow() - earlier);
    this.#schedule({ roomId, member, revalidate }, delayMs);
  }

  /** Stops the renewal: the member has no session here any more. */
  forget(member: LocalMember): void {
    const entry = this.#renewals.get(member);
    if (entry) this.#agenda.cancel(entry);
    this.#renewals.delete(member);
  }

  close(): void {
    this.#agenda.close();
    this.#renewals.clear();
  }

  #schedule(renewal: Renewal, delayMs: number): void {
    this.forget(renewal.member);
    this.#renewals.set(renewal.member, this.#agenda.add(renewal, delayMs));
  }

  #renew(renewal: Renewal): void {
    const { member, revalidate } = renewal;
    const entry = this.#renewals.get(member);
    // The member may have left, or got a newer grant, while the store was asked.
    const isStillDue = () => this.#renewals.get(member) === entry;
    revalidate(member).then(
      (state) => {
        if (!isStillDue()) return;
        if (state) this.push(state, member, { reason: 'renewal', revalidate });
        else this.forget(member);
      },
      () => isStillDue() && this.#schedule(renewal, RENEW_RETRY_MS),
    );
  }
}
