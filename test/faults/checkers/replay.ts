// Gives each command to the domain again, in the state of the version that its answer names, and compares the answers.
// Then it looks for the effect of each command: it may be lost after an ack, or be there twice.
import { isDeepStrictEqual } from 'node:util';
import type { MemberActor } from '../../../src/domain/actor.ts';
import { type Decision, decide } from '../../../src/domain/decide.ts';
import type { Context } from '../../../src/domain/decision.ts';
import type { StageCommand } from '../../../src/domain/stage-command.ts';
import type { StageEvent } from '../../../src/domain/stage-event.ts';
import { commandSchemas, type StageCommandName } from '../../../src/protocol/commands.ts';
import { type Finding, type History, type Operation, operationsOf } from '../history.ts';
import { type Books, keepBooks } from './room-book.ts';
import { type Moment, type StageTimeline, stageTimeline } from './stage-timeline.ts';

export interface Replay {
  readonly findings: readonly Finding[];
  /** Acknowledged commands whose effect is in no epoch that the room still goes by. */
  readonly ackedLost: readonly Operation[];
  /** Effects without a command, and commands with two different answers. */
  readonly duplicates: readonly string[];
  /** The number of compared answers. A checker that compared nothing has shown nothing. */
  readonly checked: number;
  /** Answers at versions that no staff client received. */
  readonly unseen: number;
}

/** The commands that this checker follows: only clients cause their effects. */
const followed = [
  'seat:take',
  'seat:leave',
  'seat:move',
  'mic:set',
  'seat:lock',
  'seat:unlock',
  'seat:mute',
  'seat:unmute',
  'request:send',
  'request:cancel',
  'request:accept',
  'request:reject',
  'room:attributes',
] as const satisfies readonly StageCommandName[];

/** Where the effect of an operation is. */
interface Effect {
  readonly timeline: StageTimeline;
  readonly version: number;
  /** How many of its events are counted by `isWish`. */
  readonly wishes: number;
}

export function checkReplay(history: History, books: Books = keepBooks(history)): Replay {
  const timelines = new Map([...books.rooms].map(([roomId, epochs]) => [roomId, epochs.map(stageTimeline)]));
  const findings: Finding[] = [];
  const ackedLost: Operation[] = [];
  const effects = new Map<Operation, Effect>();
  // An effect belongs to one command: the earliest that could have had it.
  const claimed = new Set<Moment>();
  let checked = 0;
  let unseen = 0;
  const operations = operationsOf(history).filter(({ name }) => followed.some((one) => one === name));
  for (const operation of operations) {
    for (const judgement of judgementsOf(operation)) {
      const verdict = replay(judgement, { timelines: timelines.get(operation.roomId) ?? [], claimed });
      if (verdict.outcome === 'unseen') unseen++;
      else checked++;
      if (verdict.outcome === 'wrong' && judgement.isSuccess) ackedLost.push(operation);
      if (verdict.outcome === 'wrong' && !judgement.isSuccess) findings.push(wrongAnswer(judgement));
      if (verdict.outcome === 'effect') effects.set(operation, verdict.effect);
    }
  }
  for (const [operation, effect] of effects)
    if (isLostLater(effect, timelines.get(operation.roomId) ?? [])) ackedLost.push(operation);
  const duplicates = [...answersDiffer(operations), ...unaccounted(operations, { effects, timelines })];
  return { findings: [...findings, ...backwards(effects)], ackedLost, duplicates, checked, unseen };
}

interface Judgement {
  readonly operation: Operation;
  readonly version: number;
  readonly isSuccess: boolean;
  readonly expected: Readonly<Record<string, unknown>> | string;
}

/** The success, and each refusal that names the version at which it was decided (ACK-5). */
function judgementsOf(operation: Operation): Judgement[] {
  const refusals = operation.answers.flatMap(({ answer }): Judgement[] => {
    if (!answer || answer.ok || typeof answer.error.details?.version !== 'number') return [];
    return [{ operation, version: answer.error.details.version, isSuccess: false, expected: answer.error.code }];
  });
  if (!operation.success) return refusals;
  const { version, ...expected } = operation.success.data;
  if (typeof version !== 'number') return refusals;
  return [...refusals, { operation, version, isSuccess: true, expected }];
}

type Verdict =
  | { readonly outcome: 'effect'; readonly effect: Effect }
  | { readonly outcome: 'nothing to do' | 'refused' | 'wrong' | 'unseen' };

interface Stage {
  readonly timelines: readonly StageTimeline[];
  readonly claimed: Set<Moment>;
}

/** An ack does not name the epoch. So it is enough that the answer is right in one epoch. */
function replay(judgement: Judgement, { timelines, claimed }: Stage): Verdict {
  // An effect in a later epoch counts more than an earlier epoch in which nothing would have changed.
  let outcome: Exclude<Verdict['outcome'], 'effect'> = 'unseen';
  let isAnyUnknown = false;
  for (const [index, timeline] of timelines.entries()) {
    const { moments, isUnknown } = timeline.at(judgement.version);
    // No client received the last commits of an epoch that was lost. A refusal may rest on them. A success may, too, if
    // the next epoch begins at this version or later. Then the commit was kept, and is in the first state of the next
    // epoch.
    const next = timelines[index + 1];
    const isUnseen = next !== undefined && judgement.version > timeline.lastVersion;
    const isKept = next !== undefined && next.firstVersion >= judgement.version;
    isAnyUnknown ||= isUnknown || (isUnseen && (!judgement.isSuccess || isKept));
    if (moments.length > 0 && outcome === 'unseen') outcome = 'wrong';
    for (const moment of moments) {
      const decision = judge(judgement.operation, moment);
      if (!decision.ok) {
        if (!judgement.isSuccess && decision.rejection.code === judgement.expected) outcome = 'refused';
        continue;
      }
      if (!judgement.isSuccess || !sameData(decision.data, judgement.expected)) continue;
      if (decision.events.length === 0) outcome = 'nothing to do';
      if (decision.events.length === 0 || claimed.has(moment) || !isNext(decision, moment)) continue;
      claimed.add(moment);
      const wishes = decision.events.filter(isWish).length;
      return { outcome: 'effect', effect: { timeline, version: judgement.version, wishes } };
    }
  }
  return { outcome: outcome === 'wrong' && isAnyUnknown ? 'unseen' : outcome };
}

function judge({ name, payload, roomId, userId }: Operation, { state, at }: Moment): Decision {
  const parsed = commandSchemas[name as StageCommandName].parse({ ...payload, roomId });
  const actor = { kind: 'member', userId, name: userId, avatar: '', rtcUid: 1, level: 0, fence: 1 } as MemberActor;
  const sanctions = { isBanned: false, isSilenced: false, bans: 0, silences: 0 };
  const context: Context = { actor, now: at, target: null, present: new Set(), sanctions };
  return decide(state, { name, payload: parsed } as StageCommand, context);
}

/** Whether the domain would produce the events that happened then, apart from times and RTC uids. */
function isNext(decision: Decision & { ok: true }, { events }: Moment): boolean {
  // The length of the queue is sent once for all commands of a commit.
  const own = decision.events.filter(({ type }) => type !== 'requests.counted');
  return isDeepStrictEqual(own.map(essence), events.slice(0, own.length).map(essence));
}

const incidental: ReadonlySet<string> = new Set(['at', 'since', 'rtcUid', 'expiresAt', 'awayUntil', 'name', 'avatar']);
const essence = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (incidental.has(key) ? undefined : inner)));

const sameData = (given: Readonly<Record<string, unknown>>, expected: unknown): boolean =>
  isDeepStrictEqual(essence(given), essence(expected));

const wrongAnswer = ({ operation, version, expected }: Judgement): Finding => ({
  rule: 'ACK-5: a refusal is what the domain decides at its version',
  facts: `${operation.op} ${operation.name} of ${operation.userId} at ${version}: ${JSON.stringify(expected)}`,
});

/**
 * A later epoch begins with the state that the earlier epoch had at some version; later commits were lost. When no
 * version fits (members were marked away in between), the epoch is taken to have kept everything.
 */
function isLostLater({ timeline, version }: Effect, timelines: readonly StageTimeline[]): boolean {
  const next = timelines[timelines.indexOf(timeline) + 1];
  const kept = next?.first;
  // Versions go on counting. So an epoch first seen at a later version may have passed this one. An earlier state may
  // also have come about a second time, such as a microphone that was switched twice.
  if (!kept || next.firstVersion >= version) return false;
  const versions = timeline.commits.filter(({ moments }) => sameCore(moments.at(-1)?.state, kept));
  const fork = versions.at(-1)?.version;
  return fork !== undefined && fork < version;
}

const coreOf = (state: Moment['state'] | undefined) =>
  state && essence({ seats: state.seats, roles: state.roles, attributes: state.attributes });
const sameCore = (a: Moment['state'] | undefined, b: Moment['state']): boolean =>
  isDeepStrictEqual(coreOf(a), coreOf(b));

/** ACK-2: a repeated command gets the first answer. */
const answersDiffer = (operations: readonly Operation[]): string[] =>
  operations.flatMap(({ op, success, answers }) => {
    const others = answers.flatMap(({ answer }) => (answer?.ok ? [answer.data] : []));
    const isOne = others.every((data) => sameData(data, success?.data));
    return isOne ? [] : [`${op} has two answers: ${JSON.stringify(others)}`];
  });

/** Events that name a user, beyond those of the user's acknowledged commands and of commands that may have happened. */
function unaccounted(
  operations: readonly Operation[],
  {
    effects,
    timelines,
  }: { effects: ReadonlyMap<Operation, Effect>; timelines: ReadonlyMap<string, readonly StageTimeline[]> },
): string[] {
  const open = operations.filter((one) => one.mayHaveHappened && !one.success);
  const claimed = new Map<string, number>();
  for (const [operation, { timeline, version, wishes }] of effects) {
    const key = `${timeline.roomId} ${timeline.epoch} ${version} ${operation.userId}`;
    claimed.set(key, (claimed.get(key) ?? 0) + wishes);
  }
  const surplus: string[] = [];
  for (const timeline of [...timelines.values()].flat()) {
    const again = [...effects].flatMap(([one, effect]) => (mayComeAgain(one, { effect, timeline }) ? [one] : []));
    const spent = new Set<Operation>();
    for (const { version, moments } of timeline.commits) {
      for (const moment of moments) {
        const [event] = moment.events;
        if (!event || !isWish(event)) continue;
        const key = `${timeline.roomId} ${timeline.epoch} ${version} ${event.by}`;
        const left = claimed.get(key) ?? 0;
        if (left > 0) {
          claimed.set(key, left - 1);
          continue;
        }
        const cause = [...open, ...again].find(
          (one) => !spent.has(one) && one.userId === event.by && couldDo(one, moment),
        );
        if (cause) spent.add(cause);
        else surplus.push(`${key}: ${JSON.stringify(event)} belongs to no command`);
      }
    }
  }
  return surplus;
}

/**
 * A command id has one effect within an epoch (ACK-2). A lost effect may come again in the next epoch, if the client
 * was still waiting for an answer when that epoch began.
 */
const mayComeAgain = (
  { success }: Operation,
  { effect, timeline }: { effect: Effect; timeline: StageTimeline },
): boolean =>
  effect.timeline !== timeline &&
  effect.timeline.roomId === timeline.roomId &&
  (success?.at ?? 0) >= timeline.firstSeenAt;

/** What users do on the stage for themselves. Each such event is the effect of a command of that user. */
function isWish(event: StageEvent): boolean {
  switch (event.type) {
    case 'seat.taken':
      return event.by === event.occupant.userId;
    case 'seat.left':
      return event.by === event.userId && event.reason === 'self';
    case 'seat.moved':
    case 'mic.changed':
      return event.by === event.userId;
    case 'attributes.changed':
      return event.by !== 'service';
    default:
      return false;
  }
}

function couldDo(operation: Operation, moment: Moment): boolean {
  const decision = judge(operation, moment);
  return decision.ok && decision.events.length > 0 && isNext(decision, moment);
}

/** Real time: a command that was acknowledged before another one was called has the lower version. */
function backwards(effects: ReadonlyMap<Operation, Effect>): Finding[] {
  const byTimeline = new Map<StageTimeline, { readonly operation: Operation; readonly version: number }[]>();
  for (const [operation, { timeline, version }] of effects)
    byTimeline.set(timeline, [...(byTimeline.get(timeline) ?? []), { operation, version }]);
  return [...byTimeline.values()].flatMap((placed) => {
    const calls = [...placed].sort((a, b) => a.operation.calledAt - b.operation.calledAt);
    const acks = [...placed].sort((a, b) => (a.operation.success?.at ?? 0) - (b.operation.success?.at ?? 0));
    let highest = 0;
    let next = 0;
    return calls.flatMap(({ operation, version }) => {
      for (let ack = acks[next]; ack && (ack.operation.success?.at ?? 0) < operation.calledAt; ack = acks[++next]) {
        highest = Math.max(highest, ack.version);
      }
      if (version > highest) return [];
      const facts = `${operation.op} at ${version}, called when ${highest} had been acknowledged`;
      return [{ rule: 'ACK-6: versions follow real time', facts }];
    });
  });
}
