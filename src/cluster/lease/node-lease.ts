// This node's lease. It is renewed, it tells whether this node may write, and it finds dead nodes and due rooms.
//
//   unregistered ──renewed──▶ held            the store knows this node
//   held, rejoining ──declaredDead──▶ lost    the node has a new id, which the store does not know yet
//   lost ──renewed──▶ rejoining               the store knows the new id, and the members join again under it
//   rejoining ──rejoined──▶ held              all connections are members again
//   every state ──resigned──▶ resigned        for good
import type { Ambient } from '../../ops/ambient.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import { repeat, Timer } from '../../ops/repeat.ts';
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

const RENEW_RETRY_MS = 500;
/** How many rooms this node looks after at a time; a dead node may leave a thousand. */
const REAPED_AT_ONCE = 48;

interface NodeLeaseDeps extends Ambient {
  readonly leases: LeaseStore;
}

export interface LeaseEvents {
  /** The lease was renewed. Now is the moment to tell the store what it should know about this node. */
  readonly onRenewed: () => Promise<void>;
  /** The store forgot this node, or knows only its new id. Everything must be registered again. */
  readonly onRegistrationLost: () => void;
  /** The store forgot the node after its lease had ended: it may have been declared dead unremembered (L6). */
  readonly onStoreLostNode: () => void;
  /** The node was declared dead and has a new id: its members' sessions are over, or end soon. Never rejects. */
  readonly onDeclaredDead: () => Promise<void>;
  /** The lease may have ended `sinceMs` ago, and others may have declared this node dead since. */
  readonly onLeaseUncertain: (sinceMs: number) => void;
  /** This node has claimed the room and must look after it. Never rejects. */
  readonly onRoomDue: (room: DueRoom) => Promise<void>;
}

/** The dead and the living nodes, as of the last survey. */
export type ClusterView = Omit<Survey, 'rooms'>;

/** `certainUntil` is by the clock's monotonic(): the store's lease ends no sooner. */
type LeaseState =
  | { readonly name: 'unregistered' | 'lost' | 'resigned' }
  | { readonly name: 'held' | 'rejoining'; readonly certainUntil: number };

type Transition =
  | { readonly event: 'renewed'; readonly certainUntil: number }
  | { readonly event: 'declaredDead' | 'rejoined' | 'resigned' };

function next(state: LeaseState, transition: Transition): LeaseState {
  if (state.name === 'resigned') return state;
  switch (transition.event) {
    case 'renewed': {
      const isMissingMembers = state.name === 'lost' || state.name === 'rejoining';
      return { name: isMissingMembers ? 'rejoining' : 'held', certainUntil: transition.certainUntil };
    }
    case 'declaredDead':
      return { name: 'lost' };
    case 'rejoined':
      return state.name === 'rejoining' ? { ...state, name: 'held' } : state;
    case 'resigned':
      return { name: 'resigned' };
  }
}

/** How long ago the lease ended at that moment; negative while it lives, null when this node has none. */
const endedForMs = (state: LeaseState, now: number): number | null =>
  'certainUntil' in state ? now - state.certainUntil : null;

export class NodeLease {
  readonly #deps: NodeLeaseDeps;
  #id: NodeId;
  #state: LeaseState = { name: 'unregistered' };
  #events: LeaseEvents | null = null;
  #renewing: Promise<void> | null = null;
  #rejoining: Promise<void> | null = null;
  #view: ClusterView = { dead: new Map(), live: new Set(), since: 0 };
  /** Counts surveys: their answers may overtake each other, and the view must not go back. */
  #surveysSent = 0;
  #surveyOfView = 0;
  #reaping = 0;
  #stopRenewing: CancelTimer = () => undefined;
  readonly #surveyTimer: Timer;

  constructor(deps: NodeLeaseDeps) {
    this.#deps = deps;
    this.#id = deps.random.id() as NodeId;
    this.#surveyTimer = new Timer(deps.clock);
  }

  /** The id under which the store knows this node; it changes when the node was declared dead. */
  get id(): NodeId {
    return this.#id;
  }

  /** Whether the lease lives on for another second. A write that takes longer is refused as stale (S5). */
  get isLeaseCertain(): boolean {
    const ms = endedForMs(this.#state, this.#deps.clock.monotonic());
    return ms !== null && ms < -CLOCK_TOLERANCE_MS;
  }

  /** The node was declared dead, and not all of its connections are members again. */
  get isRejoining(): boolean {
    return this.#state.name === 'lost' || this.#state.name === 'rejoining';
  }

  get view(): ClusterView {
    return this.#view;
  }

  /** Renews the lease and surveys the other nodes from now on. */
  start(events: LeaseEvents): void {
    this.#events = events;
    const { clock, logger } = this.#deps;
    this.#stopRenewing = repeat(clock, 0, () =>
      this.#renew().then(
        () => RENEW_INTERVAL_MS,
        (error: unknown) => {
          logger.warn({ event: 'lease.renewal.retry', error }, 'The lease could not be renewed; it is tried again.');
          return RENEW_RETRY_MS;
        },
      ),
    );
    this.#surveyIn(SURVEY_INTERVAL_MS);
  }

  /** Resolves when the store knows this node. Throws StoreUnavailableError after resign(), and as the store does. */
  async ensureRegistered(): Promise<void> {
    if (this.#state.name === 'resigned') throw new StoreUnavailableError('this node is stopping');
    if (!('certainUntil' in this.#state)) await this.#renew();
  }

  /** Gives the lease up; this node writes nothing after it. If the store cannot be reached, the lease expires. */
  async resign(): Promise<void> {
    this.#change({ event: 'resigned' });
    this.#stopRenewing();
    this.#surveyTimer.cancel();
    await this.#renewing?.catch(() => undefined);
    await this.#deps.leases.resign(this.#id).catch((error: unknown) => {
      this.#deps.logger.warn({ event: 'lease.resign.failed', error }, 'The lease could not be given up; it expires.');
    });
  }

  /** Asks the store again for the dead and the living nodes. */
  async refreshView(): Promise<ClusterView> {
    await this.#survey(0);
    return this.#view;
  }

  #change(transition: Transition): void {
    this.#state = next(this.#state, transition);
  }

  /** All callers share the renewal in flight. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const { leases, clock } = this.#deps;
    for (;;) {
      const sentAt = clock.monotonic();
      const before = this.#state;
      const endedMs = endedForMs(before, sentAt);
      // After such a long silence the store would no longer remember that this node was declared dead.
      const isForgotten = endedMs !== null && endedMs > DEAD_NODE_MEMORY_MS / 2;
      const answer = isForgotten ? 'dead' : await leases.renew(this.#id);
      if (answer === 'dead') {
        this.#takeNewId();
        continue;
      }
      if (answer === 'unlisted' && before.name !== 'unregistered') this.#events?.onRegistrationLost();
      if (answer === 'unlisted' && endedMs !== null && endedMs >= 0) this.#events?.onStoreLostNode();
      this.#change({ event: 'renewed', certainUntil: sentAt + LEASE_MS });
      await this.#events?.onRenewed();
      if (this.isRejoining) this.#rejoin();
      return;
    }
  }

  #takeNewId(): void {
    const { random, logger } = this.#deps;
    logger.warn({ event: 'lease.lost', nodeId: this.#id }, 'The lease was lost; this node goes on under a new id.');
    this.#change({ event: 'declaredDead' });
    this.#id = random.id() as NodeId;
    this.#events?.onRegistrationLost();
  }

  #rejoin(): void {
    const { id } = this;
    this.#rejoining ??= (this.#events?.onDeclaredDead() ?? Promise.resolve()).finally(() => {
      this.#rejoining = null;
      // If the lease was lost again meanwhile, the next renewal begins another rejoin.
      if (this.#id === id) this.#change({ event: 'rejoined' });
    });
  }

  #surveyIn(delayMs: number): void {
    if (this.#state.name === 'resigned') return;
    this.#surveyTimer.set(delayMs, () => {
      this.#surveyAndReap()
        .catch((error: unknown) => {
          this.#deps.logger.warn({ event: 'lease.survey.retry', error }, 'The leases could not be read.');
        })
        .finally(() => this.#surveyIn(SURVEY_INTERVAL_MS));
    });
  }

  /** A node that may not write cannot look after a room, and it must not judge others. */
  async #surveyAndReap(): Promise<void> {
    if (!this.isLeaseCertain) {
      this.#reportUncertainty();
      return;
    }
    // Two surveys that overlap may together have brought more rooms than the limit.
    const limit = Math.max(0, REAPED_AT_ONCE - this.#reaping);
    const rooms = await this.#survey(limit);
    this.#reaping += rooms.length;
    const reaped = rooms.map((room) => this.#events?.onRoomDue(room).finally(() => this.#reaping--));
    // Perhaps more rooms are due: they need not wait for the next survey.
    if (rooms.length > 0 && rooms.length === limit) void Promise.all(reaped).then(() => this.#surveyIn(0));
  }

  /** When no other node lives, nobody can have taken anything from the members of this one. */
  #reportUncertainty(): void {
    const endedMs = endedForMs(this.#state, this.#deps.clock.monotonic());
    const isAlone = [...this.#view.live].every((nodeId) => nodeId === this.#id);
    if (!isAlone && endedMs !== null && endedMs >= 0) this.#events?.onLeaseUncertain(endedMs);
  }

  /** Refreshes the view and claims up to `limit` due rooms. */
  async #survey(limit: number): Promise<readonly DueRoom[]> {
    const survey = ++this.#surveysSent;
    const { rooms, ...view } = await this.#deps.leases.survey({ limit });
    if (survey > this.#surveyOfView) {
      this.#view = view;
      this.#surveyOfView = survey;
    }
    return rooms;
  }
}
