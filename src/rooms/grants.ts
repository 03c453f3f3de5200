// Hands each member of this node the grant that his right to speak earns, and renews it in time (RTC-1…3).
// Must not know who may speak (domain) or how tokens are made (rtc).
import { maySpeak, type RoomState } from '../domain/room.ts';
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { GrantReason } from '../protocol/server-events.ts';
import type { Grant } from '../protocol/snapshot.ts';
import type { RtcProvider } from '../rtc/rtc-provider.ts';
import type { LocalMember } from './local-members.ts';

/** A grant is renewed so long before it expires (RTC-3); Agora's own warning comes 30 s before. */
const RENEW_BEFORE_MS = 60_000;
/** Renewals come up to so much earlier, at random: a hall that filled in a minute must not ask the store at once. */
const RENEW_JITTER_MS = 15_000;
/** Minting failed, or the store is away: the next try. */
const RENEW_RETRY_MS = 5_000;

interface Parts {
  readonly provider: RtcProvider;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
}

/** Reads the room anew and says whether the member still is one; renewal asks before it hands out anything. */
export type Revalidate = () => Promise<RoomState | null>;

export class Grants {
  readonly #parts: Parts;
  readonly #renewals = new Map<string, CancelTimer>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The whole grant that this member may have now: a publisher's only for who sits on a seat that is not muted. */
  mint(state: RoomState, { userId, rtcUid: uid }: { readonly userId: string; readonly rtcUid: number }): Grant {
    const role = maySpeak(state, userId) ? 'publisher' : 'subscriber';
    return this.#parts.provider.mint({ roomId: state.roomId, uid, role, now: this.#parts.storeNow() });
  }

  /** Mints and pushes; keeps renewing until forget(). A failure is logged and tried again, never silent. */
  push(state: RoomState, member: LocalMember, { reason, revalidate }: { reason: GrantReason; revalidate: Revalidate }) {
    try {
      const grant = this.mint(state, member.record);
      member.recipient?.tell('rtc:grant', { ...grant, reason });
      this.renewLater(member, grant, revalidate);
    } catch (error) {
      this.#parts.logger.error({ error, roomId: state.roomId }, 'a grant could not be minted');
      this.#schedule(state.roomId, member, { delayMs: RENEW_RETRY_MS, revalidate });
    }
  }

  /** Starts the renewal of a grant that was handed out in an ack. */
  renewLater(member: LocalMember, grant: Grant, revalidate: Revalidate): void {
    if (grant.expiresAt === null) return;
    const earlier = RENEW_BEFORE_MS + this.#parts.random.integer(0, RENEW_JITTER_MS + 1);
    const delayMs = Math.max(RENEW_RETRY_MS, grant.expiresAt - this.#parts.storeNow() - earlier);
    this.#schedule(grant.roomId, member, { delayMs, revalidate });
  }

  /** The member has no session here any more. */
  forget(roomId: string, sessionId: SessionId): void {
    const name = `${roomId}:${sessionId}`;
    this.#renewals.get(name)?.();
    this.#renewals.delete(name);
  }

  /** Stops all renewals. */
  close(): void {
    for (const cancel of this.#renewals.values()) cancel();
    this.#renewals.clear();
  }

  #schedule(roomId: string, member: LocalMember, plan: { delayMs: number; revalidate: Revalidate }): void {
    this.forget(roomId, member.sessionId);
    const name = `${roomId}:${member.sessionId}`;
    const renew = () => {
      plan.revalidate().then(
        (state) => {
          if (!isStillDue()) return;
          if (state) this.push(state, member, { reason: 'renewal', revalidate: plan.revalidate });
          else this.forget(roomId, member.sessionId);
        },
        () => isStillDue() && this.#schedule(roomId, member, { ...plan, delayMs: RENEW_RETRY_MS }),
      );
    };
    // He may have left, or been given a newer grant, while the store was asked.
    const isStillDue = () => this.#renewals.get(name) === cancel;
    const cancel = this.#parts.clock.after(plan.delayMs, renew);
    this.#renewals.set(name, cancel);
  }
}
