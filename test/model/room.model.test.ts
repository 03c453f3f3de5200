// Model test: random users give random commands. After each one the stage is sound, and views and ranks are right.
// MODEL_RUNS=50000 runs longer, MODEL_SEED=7 runs other stories. A failure prints seed, path and story (see seeds.ts).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyAll } from '../../src/domain/apply.ts';
import { type Decision, decide } from '../../src/domain/decide.ts';
import type { Context } from '../../src/domain/decision.ts';
import { brokenInvariants } from '../../src/domain/invariants.ts';
import { nextDeadline, type RoomState, requestOf, stageUsers } from '../../src/domain/room.ts';
import { candidatesOf, type StageCommand, targetOf } from '../../src/domain/stage-command.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { applyView, project, visibleTo } from '../../src/domain/view.ts';
import { stageAckSchemas } from '../../src/protocol/commands.ts';
import type { ErrorCode, Rejection } from '../../src/protocol/errors.ts';
import { publicEventSchemas, staffEventSchemas } from '../../src/protocol/room-events.ts';
import { actorNamed, aMember, buildRoom, command, context, misshapen, START } from '../support/domain.ts';
import { AttributeBook, checkEndings, checkOwnerAbsence, SanctionBook } from './second-books.ts';
import { checkAuthority, checkPromises, ensure, OutcomeLedger, SeatLedger, same } from './second-opinion.ts';
import { foundFaults } from './seeds.ts';
import { anyStory, asks, cast, isOwn, people, type Step, type Story } from './story.ts';

/** With fewer runs some commands would never occur. */
const RUNS = Math.max(500, Number(process.env.MODEL_RUNS ?? 2_000));
const SEED = Number(process.env.MODEL_SEED ?? 20_260_901);

/** What occurred in all stories together, so that a test which does nothing is noticed. */
class Tally {
  stories = 0;
  tried = 0;
  accepted = 0;
  readonly changedBy = new Set<string>();
  readonly eventTypes = new Set<string>();
  readonly refusedWith = new Set<string>();
  /** What became of rooms whose owner's membership ended. */
  readonly absences = new Set<string>();

  note(name: string, decision: Decision): void {
    this.tried++;
    if (!decision.ok) {
      this.refusedWith.add(decision.rejection.code);
      return;
    }
    this.accepted++;
    if (decision.events.length > 0) this.changedBy.add(name);
    for (const { type } of decision.events) this.eventTypes.add(type);
  }
}

type Accepted = Extract<Decision, { ok: true }>;

/** One story in progress: the room, the store's clock, the members with their fences, and the second books. */
class StoryRun {
  private room: RoomState;
  private now = START;
  private turn = 0;
  private lastFence = 0;
  private readonly fences = new Map<string, number>();
  private readonly seats = new SeatLedger();
  private readonly outcomes = new OutcomeLedger();
  private readonly sanctions = new SanctionBook();
  private readonly attributes: AttributeBook;
  private readonly tally: Tally;

  constructor(founding: Story['founding'], tally: Tally) {
    this.room = frozen(buildRoom(founding));
    this.attributes = new AttributeBook(this.room.attributes);
    this.tally = tally;
    for (const who of people) this.enter(who);
  }

  take(step: Step): void {
    this.now += step.waitMs;
    this.turn++;
    const actor = this.cast(step.who);
    const asked = actor === null ? null : this.commandOf(actor, step);
    if (actor === null || asked === null) return;
    const who = isAwake(this.room, asked) ? asked.payload.userId : actor;
    const named = targetOf(asked);
    const target = named !== null && this.fences.has(named) ? aMember(named) : null;
    const facts = context(actorNamed(who), {
      now: this.now,
      target: target && { ...target, fence: this.fences.get(target.userId) ?? 0 },
      present: candidatesOf(this.room, asked).filter((userId) => this.fences.has(userId)),
      sanctions: this.sanctions.against('userId' in asked.payload ? String(asked.payload.userId) : '', this.now),
    });
    const before = this.room;
    const stored = JSON.parse(JSON.stringify(before)) as RoomState;
    // The room is deeply frozen: a rule that writes to it throws here.
    const decision = decide(before, asked, facts);
    this.tally.note(step.name, decision);
    ensure(same(stored, before), 'a stored room is the same, and decide does not change it', stored, before);
    ensure(same(decide(stored, asked, facts), decision), 'the same room gets the same answer', decision);
    if (decision.ok) this.checkAccepted(before, asked, facts, decision);
    else {
      checkRefusal(before, decision.rejection);
      this.outcomes.checkRefusal(asked, who, this.now, decision.rejection);
      this.attributes.checkRefusal(asked, decision.rejection);
    }
  }

  private checkAccepted(before: RoomState, asked: StageCommand, facts: Context, decision: Accepted): void {
    const { events, next } = decision;
    this.room = frozen(next);
    ensure(same(applyAll(before, events), next), 'next is the fold of the events', events, next);
    if (events.length === 0) ensure(same(before, next), 'no events, no change', next);
    ensure(same(brokenInvariants(next), []), 'a sound stage', brokenInvariants(next), events);
    ensure(same(misshapen(events), []), 'SYNC-7: events fit the wire', misshapen(events));
    checkViews(before, events, next);
    checkAck(asked, decision);
    checkPromises(before, asked, next, decision.data.seat);
    const who = facts.actor.kind === 'member' ? facts.actor.userId : facts.actor.kind;
    for (const event of events) {
      ensure(event.at === this.now, 'ROLE-4: events have the time', event);
      checkAuthority(before, who, this.now, event);
      this.seats.follow(event);
      this.outcomes.follow(event);
      this.sanctions.follow(event);
      this.attributes.follow(event);
      this.followMembership(before, event);
    }
    this.seats.agree(next);
    this.attributes.agree(next);
    const isMember = (userId: string) => this.fences.has(userId);
    checkEndings(events, next, { isMember, isBanned: (userId) => this.sanctions.isBanned(userId, this.now) });
    const absence = checkOwnerAbsence(before, { events, next, isMember });
    if (absence !== null) this.tally.absences.add(absence);
    ensure(next.closed !== null || stageUsers(next).has(next.roles.ownerId), 'ROOM-7: the owner is pinned', next.roles);
    for (const pinned of stageUsers(next)) {
      ensure(
        isMember(pinned) || pinned === next.roles.ownerId,
        'only members are pinned, and the owner even when absent',
        pinned,
      );
    }
    this.checkDeadlines(asked, facts, decision);
  }

  /** PRES-2: a membership ends, goes away and returns under its own fence and no other. */
  private followMembership(before: RoomState, event: StageEvent): void {
    if (event.type === 'member.left') {
      ensure(this.fences.get(event.userId) === event.fence, 'PRES-2: the fence of the ending membership', event);
      this.fences.delete(event.userId);
    } else if (event.type === 'member.away') {
      ensure(event.fence === (this.fences.get(event.userId) ?? 0) + 1, 'PRES-1: the fence of the session ended', event);
      this.fences.set(event.userId, event.fence);
    } else if (event.type === 'member.back') {
      ensure(isAway(before, event.userId), 'PRES-1: only a member who was away is back', event);
      this.enter(event.userId);
    }
  }

  private checkDeadlines(asked: StageCommand, { actor }: Context, { data }: Accepted): void {
    if (asked.name === 'room:sweep') {
      const next = nextDeadline(this.room);
      ensure(next === null || next > this.now, 'PRES-2: after a sweep nothing is overdue', next, this.now);
    }
    if (asked.name === 'member:drop' && stageUsers(this.room).has(asked.payload.userId)) {
      ensure(isAway(this.room, asked.payload.userId), 'PRES-1: a drop starts a grace', asked);
    }
    if (data.position !== undefined && actor.kind === 'member') {
      const request = requestOf(this.room, actor.userId);
      ensure((request?.expiresAt ?? 0) > this.now, 'REQ-1: a position in the ack means a pending request', request);
    }
    if (data.expiresAt !== undefined) ensure(Number(data.expiresAt) > this.now, 'INV-1: a new invitation lives', data);
  }

  /** Null if this cannot happen: Maiwei's own commands name members only, and a user who is away has no session. */
  private commandOf(who: string, { name, input }: Step): StageCommand | null {
    if (name === 'room:sweep' || name === 'room:expire') return command(name, {});
    const userId = 'userId' in input ? this.cast(String(input.userId)) : undefined;
    if (userId === null) return null;
    const cast = userId === undefined ? input : { ...input, userId };
    if (isOwn(name)) {
      const fence = this.fences.get(userId ?? '');
      return fence === undefined ? null : command(name, { ...cast, fence } as never);
    }
    if (isAway(this.room, who)) return null;
    if (who !== 'service' && !this.fences.has(who)) {
      // The store refuses the join of a banned user; so here nobody who is banned gets in.
      if (this.sanctions.isBanned(who, this.now)) return null;
      this.enter(who);
    }
    return command(name, cast as never);
  }

  private cast(part: string): string | null {
    return cast(this.room, part, this.turn);
  }

  private enter(who: string): void {
    this.lastFence += 10;
    this.fences.set(who, this.lastFence);
  }
}

/** Members give their own leaving themselves, except in a grace: then they have no session to do so. */
const isAwake = (room: RoomState, asked: StageCommand): asked is Extract<StageCommand, { name: 'member:leave' }> =>
  asked.name === 'member:leave' && !isAway(room, asked.payload.userId);

/** Written again, because the domain's own function is under test. */
const isAway = (room: RoomState, userId: string): boolean => Object.keys(room.away).includes(userId);

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** The equation in the header of view.ts, for both kinds of members. */
function checkViews(before: RoomState, events: readonly StageEvent[], next: RoomState): void {
  for (const kind of ['public', 'staff'] as const) {
    const folded = visibleTo(kind, events).reduce(applyView, project(before, kind));
    ensure(same(folded, project(next, kind)), `SYNC-7: ${kind} members fold what they are sent`, events, folded);
  }
}

function checkAck(asked: StageCommand, { data }: Accepted): void {
  if (!(asked.name in stageAckSchemas)) return;
  const ack = stageAckSchemas[asked.name as keyof typeof stageAckSchemas].safeParse({ version: 1, ...data });
  ensure(ack.success, 'ACK-1: the data fits the ack', asked, data);
}

/** ACK-5: the loser of a race gets the true state of the seat. */
function checkRefusal(room: RoomState, rejection: Rejection): void {
  const { code, details } = rejection;
  if (code === 'SEAT_TAKEN' || code === 'SEAT_LOCKED') {
    const shown = details?.seat as RoomState['seats'][number] | undefined;
    ensure(shown !== undefined && same(room.seats[shown.seat], shown), 'ACK-5: the authoritative seat', rejection);
    ensure(code === 'SEAT_LOCKED' ? shown.locked : shown.occupant !== null, 'ACK-5: the truth about it', rejection);
  }
}

function run({ founding, steps }: Story, tally: Tally): void {
  const story = new StoryRun(founding, tally);
  tally.stories++;
  for (const step of steps) story.take(step);
}

/** The refusals that nine users can meet; they cannot reach the limits of 20, 50 and 100. */
const refusals: readonly ErrorCode[] = [
  'FORBIDDEN',
  'ROOM_CLOSED',
  'SEAT_NOT_FOUND',
  'SEAT_TAKEN',
  'SEAT_LOCKED',
  'SEAT_RESERVED',
  'NO_FREE_SEAT',
  'ALREADY_SEATED',
  'NOT_SEATED',
  'REQUEST_REQUIRED',
  'INVITE_REQUIRED',
  'REQUEST_NOT_FOUND',
  'REQUEST_ALREADY_PROCESSED',
  'INVITE_NOT_FOUND',
  'TARGET_NOT_FOUND',
  'TARGET_OUTRANKS',
  'PAYLOAD_TOO_LARGE',
];

describe('[SEAT-1] the stage under random commands', () => {
  const tally = new Tally();

  test(`${RUNS} stories hold, seed ${SEED}`, { timeout: 60_000 + RUNS * 50 }, () => {
    fc.assert(
      fc.property(anyStory, (story) => run(story, tally)),
      { numRuns: RUNS, seed: SEED },
    );
    expect(tally.stories).toBe(RUNS);
  });

  test('many commands were accepted and many refused', () => {
    expect(tally.tried).toBeGreaterThan(10 * RUNS);
    expect(tally.accepted / tally.tried).toBeGreaterThan(0.3);
    expect(tally.accepted / tally.tried).toBeLessThan(0.8);
  });

  test('every command changed something, and every event and refusal occurred', () => {
    expect(Object.keys(asks).filter((name) => !tally.changedBy.has(name))).toEqual([]);
    expect(Object.keys(stageAckSchemas).filter((name) => !(name in asks))).toEqual([]);
    const wire = [...Object.keys(publicEventSchemas), ...Object.keys(staffEventSchemas)];
    expect(wire.filter((type) => !tally.eventTypes.has(type))).toEqual([]);
    const fates = ['keep', 'close', 'promote: admin', 'promote: seated', 'promote: nobody'];
    expect(fates.filter((fate) => !tally.absences.has(fate))).toEqual([]);
    expect(refusals.filter((code) => !tally.refusedWith.has(code))).toEqual([]);
  });
});

test.for(foundFaults.map((found) => [found.fault, found] as const))('found earlier: %s', ([, { story }]) => {
  const tally = new Tally();
  run(story, tally);
  expect(tally.tried).toBe(story.steps.length);
});
