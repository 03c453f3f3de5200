// Random people give random commands; after every one the stage must be sound, fold alike everywhere, and obey the ranks.
// MODEL_RUNS=50000 runs longer, MODEL_SEED=7 elsewhere; a failure prints seed, path and the shrunk story (see seeds.ts).
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
import { AttributeBook, checkGone, checkOwnerAbsence, SanctionBook } from './second-books.ts';
import { checkAuthority, checkPromises, ensure, OutcomeLedger, SeatLedger, same } from './second-opinion.ts';
import { foundFaults } from './seeds.ts';
import { anyStory, asks, cast, isOwn, people, type Step, type Story } from './story.ts';

/** Fewer could not show that every command was heard. */
const RUNS = Math.max(500, Number(process.env.MODEL_RUNS ?? 2_000));
const SEED = Number(process.env.MODEL_SEED ?? 20_260_901);

/** What all stories together have seen, so that a test which does nothing is noticed. */
class Tally {
  stories = 0;
  tried = 0;
  accepted = 0;
  readonly changedBy = new Set<string>();
  readonly told = new Set<string>();
  readonly refusedWith = new Set<string>();
  /** What became of rooms whose owner went. */
  readonly absences = new Set<string>();

  note(name: string, decision: Decision): void {
    this.tried++;
    if (!decision.ok) {
      this.refusedWith.add(decision.rejection.code);
      return;
    }
    this.accepted++;
    if (decision.events.length > 0) this.changedBy.add(name);
    for (const { type } of decision.events) this.told.add(type);
  }
}

type Accepted = Extract<Decision, { ok: true }>;

/** One story as it happens: the room, the store's clock, who is in the room with which fence, and the second books. */
class Telling {
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

  tell(step: Step): void {
    this.now += step.waitMs;
    this.turn++;
    const giver = this.cast(step.who);
    const asked = giver === null ? null : this.commandOf(giver, step);
    if (giver === null || asked === null) return;
    const who = isAwake(this.room, asked) ? asked.payload.userId : giver;
    const named = targetOf(asked);
    const target = named !== null && this.fences.has(named) ? aMember(named) : null;
    const around = context(actorNamed(who), {
      now: this.now,
      target: target && { ...target, fence: this.fences.get(target.userId) ?? 0 },
      present: candidatesOf(this.room, asked).filter((userId) => this.fences.has(userId)),
      sanctions: this.sanctions.against('userId' in asked.payload ? String(asked.payload.userId) : '', this.now),
    });
    const before = this.room;
    const stored = JSON.parse(JSON.stringify(before)) as RoomState;
    // The room is frozen to the bottom: a rule that writes to it throws here.
    const decision = decide(before, asked, around);
    this.tally.note(step.name, decision);
    ensure(same(stored, before), 'a room survives being stored, and deciding leaves it untouched', stored, before);
    ensure(same(decide(stored, asked, around), decision), 'the same room gets the same answer', decision);
    if (decision.ok) this.goOn(before, asked, around, decision);
    else {
      checkRefusal(before, decision.rejection);
      this.outcomes.checkRefusal(asked, who, this.now, decision.rejection);
      this.attributes.checkRefusal(asked, decision.rejection);
    }
  }

  private goOn(before: RoomState, asked: StageCommand, deps: Context, decision: Accepted): void {
    const { events, next } = decision;
    this.room = frozen(next);
    ensure(same(applyAll(before, events), next), 'next is the fold of the events', events, next);
    if (events.length === 0) ensure(same(before, next), 'no events, no change', next);
    ensure(same(brokenInvariants(next), []), 'a sound stage', brokenInvariants(next), events);
    ensure(same(misshapen(events), []), 'SYNC-7: events fit the wire', misshapen(events));
    checkViews(before, events, next);
    checkAck(asked, decision);
    checkPromises(before, asked, next, decision.data.seat);
    const who = deps.actor.kind === 'member' ? deps.actor.userId : deps.actor.kind;
    for (const event of events) {
      ensure(event.at === this.now, 'ROLE-4: events bear the time', event);
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
    checkGone(events, next, { isMember, isBanned: (userId) => this.sanctions.isBanned(userId, this.now) });
    const absence = checkOwnerAbsence(before, { events, next, isMember });
    if (absence !== null) this.tally.absences.add(absence);
    ensure(next.closed !== null || stageUsers(next).has(next.roles.ownerId), 'ROOM-7: the owner is held', next.roles);
    for (const held of stageUsers(next)) {
      ensure(
        isMember(held) || held === next.roles.ownerId,
        'the stage holds members, and its owner in his absence',
        held,
      );
    }
    this.checkDeadlines(asked, deps, decision);
  }

  /** PRES-2: a membership ends, sleeps and wakes under the fence it has, and no other. */
  private followMembership(before: RoomState, event: StageEvent): void {
    if (event.type === 'member.left') {
      ensure(this.fences.get(event.userId) === event.fence, 'PRES-2: the fence of the ending membership', event);
      this.fences.delete(event.userId);
    } else if (event.type === 'member.away') {
      ensure(event.fence === (this.fences.get(event.userId) ?? 0) + 1, 'PRES-1: the fence is spent', event);
      this.fences.set(event.userId, event.fence);
    } else if (event.type === 'member.back') {
      ensure(isAway(before, event.userId), 'PRES-1: only who was away is back', event);
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
      ensure((request?.expiresAt ?? 0) > this.now, 'REQ-1: who was told his position has a live request', request);
    }
    if (data.expiresAt !== undefined) ensure(Number(data.expiresAt) > this.now, 'INV-1: a new invitation lives', data);
  }

  /** Null when it cannot come to that: Maiwei speaks only of members, and who is away has no session to act with. */
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
      // The door is the store's to keep; here nobody gets past it.
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

/** Whoever leaves says so himself, unless he is in his grace: then he has no session to say it with. */
const isAwake = (room: RoomState, asked: StageCommand): asked is Extract<StageCommand, { name: 'member:leave' }> =>
  asked.name === 'member:leave' && !isAway(room, asked.payload.userId);

/** Not the domain's own selector, which is under test. */
const isAway = (room: RoomState, userId: string): boolean => Object.keys(room.away).includes(userId);

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** The one equation of view.ts, for both kinds of members. */
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

/** ACK-5: the loser of a race is told what is the case. */
function checkRefusal(room: RoomState, rejection: Rejection): void {
  const { code, details } = rejection;
  if (code === 'SEAT_TAKEN' || code === 'SEAT_LOCKED') {
    const shown = details?.seat as RoomState['seats'][number] | undefined;
    ensure(shown !== undefined && same(room.seats[shown.seat], shown), 'ACK-5: the authoritative seat', rejection);
    ensure(code === 'SEAT_LOCKED' ? shown.locked : shown.occupant !== null, 'ACK-5: the truth about it', rejection);
  }
}

function tell({ founding, steps }: Story, tally: Tally): void {
  const telling = new Telling(founding, tally);
  tally.stories++;
  for (const step of steps) telling.tell(step);
}

/** What a stage of nine people can refuse; the limits of 20, 50 and 100 are out of their reach. */
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
      fc.property(anyStory, (story) => tell(story, tally)),
      { numRuns: RUNS, seed: SEED },
    );
    expect(tally.stories).toBe(RUNS);
  });

  test('they were no idle talk: many commands were accepted, many refused', () => {
    expect(tally.tried).toBeGreaterThan(10 * RUNS);
    expect(tally.accepted / tally.tried).toBeGreaterThan(0.3);
    expect(tally.accepted / tally.tried).toBeLessThan(0.8);
  });

  test('every command changed something, every event was told, every refusal was heard', () => {
    expect(Object.keys(asks).filter((name) => !tally.changedBy.has(name))).toEqual([]);
    expect(Object.keys(stageAckSchemas).filter((name) => !(name in asks))).toEqual([]);
    const wire = [...Object.keys(publicEventSchemas), ...Object.keys(staffEventSchemas)];
    expect(wire.filter((type) => !tally.told.has(type))).toEqual([]);
    const fates = ['keep', 'close', 'promote: admin', 'promote: seated', 'promote: nobody'];
    expect(fates.filter((fate) => !tally.absences.has(fate))).toEqual([]);
    expect(refusals.filter((code) => !tally.refusedWith.has(code))).toEqual([]);
  });
});

test.for(foundFaults.map((found) => [found.fault, found] as const))('once found: %s', ([, { story }]) => {
  const tally = new Tally();
  tell(story, tally);
  expect(tally.tried).toBe(story.steps.length);
});
