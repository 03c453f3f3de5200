// This node's lease: renews it, knows for how long it is certain, takes another id when it was lost, and looks for nodes that
// are gone. Must not know rooms beyond their ids.
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { NodeId } from '../../protocol/ids.ts';
import {
  DEAD_NODE_MEMORY_MS,
  type DueRoom,
  LEASE_MS,
  type LeaseStore,
  RENEW_INTERVAL_MS,
  SURVEY_INTERVAL_MS,
  type Survey,
} from '../../store/lease-store.ts';
import { CLOCK_TOLERANCE_MS } from '../../store/room-store.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';

/** How soon a renewal is tried again that failed. */
const RENEW_RETRY_MS = 500;
/** So many rooms this node looks after at a time; a dead node's thousand are looked after in turns. */
const REAPED_AT_ONCE = 48;

interface NodeLeaseDeps {
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What follows from the lease. */
export interface LeaseEvents {
  /** The lease was renewed: what the store should know of this node and does not is told now. */
  readonly onRenewed: () => Promise<void>;
  /** The store forgot this node, or knows it under its new id only: it must be told all again. */
  readonly onRegistrationLost: () => void;
  /** The same, and the lease had ended: others may have taken this node for gone, and nobody remembers that (L6). */
  readonly onStoreLostNode: () => void;
  /** This node was declared gone and has a new id: its members' sessions are over, or may be any moment. Never rejects. */
  readonly onDeclaredDead: () => Promise<void>;
  /** The lease may have ended, that long ago, and others may have judged this node. */
  readonly onLeaseUncertain: (sinceMs: number) => void;
  /** That room has to be looked after. Never rejects. */
  readonly onRoomDue: (room: DueRoom) => Promise<void>;
}

export class NodeLease {
  readonly #deps: NodeLeaseDeps;
  #id: NodeId;
  /** By the clock's monotonic(); the store's lease ends no sooner. */
  #certainUntil = Number.NEGATIVE_INFINITY;
  #isRejoining = false;
  #isResigned = false;
  /** The renewal on its way, or the last one. */
  #renewing: Promise<void> | null = null;
  #rejoining: Promise<void> | null = null;
  #view: Omit<Survey, 'rooms'> = { dead: new Map(), live: new Set(), since: 0 };
  #surveys = 0;
  /** Which of the surveys the view is of: answers may overtake each other. */
  #viewOf = 0;
  #reaping = 0;
  #events: LeaseEvents | null = null;
  #renewal: CancelTimer = () => undefined;
  #survey: CancelTimer = () => undefined;

  constructor(deps: NodeLeaseDeps) {
    this.#deps = deps;
    this.#id = deps.random.id() as NodeId;
  }

  /** Under which the store knows this node; another one after the lease was lost. */
  get id(): NodeId {
    return this.#id;
  }

  /**
   * Whether this node may write: its lease will not end within the next second. What is sent now and arrives later than
   * that is refused by the store, for it is late by then (S5).
   */
  get isLeaseCertain(): boolean {
    return this.#deps.clock.monotonic() < this.#certainUntil - CLOCK_TOLERANCE_MS;
  }

  /** The lease was lost, and not all who are here are members again. */
  get isRejoining(): boolean {
    return this.#isRejoining;
  }

  /** Nodes that are gone, and those that live, as of the last survey. */
  get view(): Omit<Survey, 'rooms'> {
    return this.#view;
  }

  /** Renews and surveys from now on. */
  start(events: LeaseEvents): void {
    this.#events = events;
    this.#renewLater(0);
    this.#surveyLater(SURVEY_INTERVAL_MS);
  }

  /** Resolves when the store knows this node; rejects when it does not answer. */
  async known(): Promise<void> {
    if (this.#isResigned) throw new StoreUnavailableError('this node is going away');
    if (this.#certainUntil === Number.NEGATIVE_INFINITY) await this.#renew();
  }

  /** Ends the lease in good order; nothing is written after it. If the store cannot be told, the lease runs out. */
  async resign(): Promise<void> {
    this.#isResigned = true;
    this.#renewal();
    this.#survey();
    await this.#renewing?.catch(() => undefined);
    this.#certainUntil = Number.NEGATIVE_INFINITY;
    await this.#deps.leases.resign(this.#id).catch((error: unknown) => {
      this.#deps.logger.warn({ error }, 'the lease could not be ended; it will run out');
    });
  }

  /** Looks anew who is gone and who lives. */
  async look(): Promise<Omit<Survey, 'rooms'>> {
    await this.#lookThrough(0);
    return this.#view;
  }

  #renewLater(delayMs: number): void {
    if (this.#isResigned) return;
    this.#renewal = this.#deps.clock.after(delayMs, () => {
      this.#renew().then(
        () => this.#renewLater(RENEW_INTERVAL_MS),
        (error: unknown) => {
          this.#deps.logger.warn({ error }, 'the lease could not be renewed yet');
          this.#renewLater(RENEW_RETRY_MS);
        },
      );
    });
  }

  /** Those who ask at once share one renewal. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const { leases, clock, random, logger } = this.#deps;
    const sentAt = clock.monotonic();
    const isFirst = this.#certainUntil === Number.NEGATIVE_INFINITY && !this.#isRejoining;
    const silentMs = sentAt - this.#certainUntil;
    // After so long a silence nobody would remember that this node was declared gone.
    const isLongSilent = Number.isFinite(silentMs) && silentMs > DEAD_NODE_MEMORY_MS / 2;
    const answer = isLongSilent ? 'dead' : await leases.renew(this.#id);
    if (answer === 'dead') {
      logger.warn({ nodeId: this.#id }, 'the lease was lost: this node begins anew under another id');
      this.#isRejoining = true;
      this.#certainUntil = Number.NEGATIVE_INFINITY;
      this.#id = random.id() as NodeId;
      this.#events?.onRegistrationLost();
      return this.#renewOnce();
    }
    if (answer === 'unlisted' && !isFirst) this.#events?.onRegistrationLost();
    if (answer === 'unlisted' && Number.isFinite(silentMs) && silentMs >= 0) this.#events?.onStoreLostNode();
    this.#certainUntil = sentAt + LEASE_MS;
    await this.#events?.onRenewed();
    if (this.#isRejoining) this.#rejoin();
  }

  #rejoin(): void {
    const { id } = this;
    this.#rejoining ??= (this.#events?.onDeclaredDead() ?? Promise.resolve()).finally(() => {
      this.#rejoining = null;
      // Lost again meanwhile: all begins anew with the next renewal.
      if (this.#id === id) this.#isRejoining = false;
    });
  }

  #surveyLater(delayMs: number): void {
    if (this.#isResigned) return;
    this.#survey();
    this.#survey = this.#deps.clock.after(delayMs, () => {
      this.#surveyNow()
        .catch((error: unknown) => this.#deps.logger.warn({ error }, 'the leases could not be looked through'))
        .finally(() => this.#surveyLater(SURVEY_INTERVAL_MS));
    });
  }

  /** A node that may not write cannot look after a room either, nor should it judge others. */
  async #surveyNow(): Promise<void> {
    if (!this.isLeaseCertain) {
      this.#reportUncertainty();
      return;
    }
    // Two looks that overlap may have brought more than is taken on at a time.
    const limit = Math.max(0, REAPED_AT_ONCE - this.#reaping);
    const rooms = await this.#lookThrough(limit);
    const reaped = rooms.map((room) => this.#reap(room));
    // There are more, perhaps: they need not wait for the next look.
    if (rooms.length > 0 && rooms.length === limit) void Promise.all(reaped).then(() => this.#surveyLater(0));
  }

  /** Alone, nobody else can have taken anything from whoever is here. */
  #reportUncertainty(): void {
    const uncertainMs = this.#deps.clock.monotonic() - this.#certainUntil;
    const isAlone = [...this.#view.live].every((nodeId) => nodeId === this.#id);
    if (!isAlone && Number.isFinite(uncertainMs) && uncertainMs >= 0) this.#events?.onLeaseUncertain(uncertainMs);
  }

  async #reap(room: DueRoom): Promise<void> {
    this.#reaping++;
    await this.#events?.onRoomDue(room);
    this.#reaping--;
  }

  async #lookThrough(limit: number): Promise<readonly DueRoom[]> {
    const survey = ++this.#surveys;
    const { rooms, ...view } = await this.#deps.leases.survey({ limit });
    if (survey > this.#viewOf) {
      this.#view = view;
      this.#viewOf = survey;
    }
    return rooms;
  }
}
