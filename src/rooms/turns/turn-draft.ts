// Decides a turn: all its commands on one state, as one commit. Must not talk to the store.
import { type Decision, decide } from '../../domain/decide.ts';
import { brokenInvariants } from '../../domain/invariants.ts';
import { type RoomState, stageUsers } from '../../domain/room.ts';
import { candidatesOf, isOwnCommand, sanctionedBy, targetOf } from '../../domain/stage-command.ts';
import type { StageEvent } from '../../domain/stage-event.ts';
import { assert } from '../../lang/assert.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import {
  type Commit,
  type CommitChange,
  type CommitRecord,
  commandName,
  type GuardedFence,
  type RememberedAnswer,
  type SessionFence,
  type StoredRoom,
} from '../../store/room-store.ts';
import { sanctionsBy } from '../../store/sanction-changes.ts';
import type { SanctionsFound } from '../../store/sanction-store.ts';
import type { Outcome } from '../contract/outcome.ts';
import { advance } from './room-replica.ts';
import { TurnFacts } from './turn-facts.ts';
import type { TurnJob } from './turn-job.ts';

export interface TurnInputs {
  readonly before: StoredRoom;
  readonly turnId: string;
  readonly now: number;
  /** The members whom commands of the turn name or need; absent = not in the room. */
  readonly targets: ReadonlyMap<string, MemberRecord>;
  /** What is in force against the users whom commands of the turn name. */
  readonly sanctions: SanctionsFound;
}

export interface TurnDraft {
  readonly turnId: string;
  readonly commit: Commit;
  /** What each job comes to if the commit succeeds. */
  readonly outcomes: ReadonlyMap<TurnJob, Outcome>;
  /**
   * Jobs that must wait for the next attempt: their command id is in this turn already, or they name somebody whose
   * session ends in it while his membership goes on under a fence that only the commit will make true.
   */
  readonly postponed: readonly TurnJob[];
}

/** Decides the jobs in their order, each on what the ones before it have made of the room; nothing is kept yet (D2). */
export function draftTurn(jobs: readonly TurnJob[], inputs: TurnInputs): TurnDraft {
  const { before, turnId, now } = inputs;
  const { single, postponed } = withoutRepeats(jobs);
  let state: RoomState = before.state;
  const events: StageEvent[] = [];
  const facts = new TurnFacts(inputs);
  const decided: { job: TurnJob; decision: Decision }[] = [];
  for (const job of single) {
    if (facts.hasDropped(targetOf(job.command))) {
      postponed.push(job);
      continue;
    }
    const decision = decideJob(state, job, facts);
    if (decision.ok) {
      state = decision.next;
      events.push(...decision.events);
      facts.onEvents(decision.events);
    }
    decided.push({ job, decision });
  }
  const taken = decided.map(({ job }) => job);
  const record: CommitRecord | null = events.length === 0 ? null : toRecord(events, inputs);
  const version = record?.version ?? before.version;
  const outcomes = new Map<TurnJob, Outcome>(
    decided.map(({ job, decision }) => [
      job,
      decision.ok
        ? { ok: true, data: { ...decision.data, version } }
        : { ok: false, rejection: withVersion(decision.rejection, version) },
    ]),
  );
  const changing = decided.filter(({ decision }) => decision.ok && decision.events.length > 0);
  const commit: Commit = {
    before,
    now,
    change: record && changeOf(before, advance(before, record), record),
    guards: guardsOf(taken, before.state, inputs.targets),
    onlyIfEmpty: taken.some(({ command }) => command.name === 'room:expire') && record !== null,
    endedSessions: events.flatMap((event) => (event.type === 'member.away' ? [previous(event)] : [])),
    removals: events.flatMap((event) => (event.type === 'member.left' ? [session(event)] : [])),
    commandKeys: taken.flatMap(({ key }) => key ?? []),
    answers: changing.flatMap(({ job }) => toAnswer(job, outcomes.get(job))),
  };
  return { turnId, commit, outcomes, postponed };
}

function decideJob(state: RoomState, { actor, command }: TurnJob, facts: TurnFacts): Decision {
  if (actor.kind === 'member' && facts.isOver(actor.userId)) {
    return { ok: false, rejection: { code: 'NOT_A_MEMBER' } };
  }
  // An owner is on the stage even when he is no member: his drop right behind his leave must not begin a grace.
  if (isOwnCommand(command) && 'userId' in command.payload && facts.hasLeft(command.payload.userId)) {
    return { ok: false, rejection: { code: 'NOT_A_MEMBER' } };
  }
  const named = targetOf(command);
  return decide(state, command, {
    actor,
    now: facts.now,
    target: named === null ? null : facts.member(named),
    present: new Set(candidatesOf(state, command).filter((userId) => facts.member(userId) !== null)),
    sanctions: facts.sanctionsOf(sanctionedBy(command)),
  });
}

/** What the commit changes. A stage that breaks its own rules is a bug, and is not kept. */
export function changeOf(before: StoredRoom, after: StoredRoom, record: CommitRecord): CommitChange {
  const broken = brokenInvariants(after.state);
  assert(broken.length === 0, `a turn would break the stage: ${broken.join('; ')}`);
  const [held, toHold] = [stageUsers(before.state), stageUsers(after.state)];
  return {
    after,
    record,
    pin: [...toHold].filter((userId) => !held.has(userId)),
    unpin: [...held].filter((userId) => !toHold.has(userId)),
    sanctions: record.events.flatMap(sanctionsBy),
    isClosing: after.state.closed !== null,
  };
}

function toRecord(events: readonly StageEvent[], { before, turnId, now }: TurnInputs): CommitRecord {
  const { epoch, version, publicVersion, staffVersion } = before;
  return {
    epoch,
    version: version + 1,
    turnId,
    at: now,
    publicAfter: publicVersion,
    staffAfter: staffVersion,
    events,
  };
}

/** A retry may sit in the same turn as its original; it has to wait until the answer is remembered. */
function withoutRepeats(jobs: readonly TurnJob[]): { single: TurnJob[]; postponed: TurnJob[] } {
  const seen = new Set<string>();
  const single: TurnJob[] = [];
  const postponed: TurnJob[] = [];
  for (const job of jobs) {
    const name = job.key && commandName(job.key);
    if (name !== null && seen.has(name)) postponed.push(job);
    else single.push(job);
    if (name !== null) seen.add(name);
  }
  return { single, postponed };
}

/**
 * The sessions a turn relies on: every acting member's and every named member's. Members whom the stage holds need no
 * guard besides, because nothing but a stage commit can remove them.
 */
function guardsOf(
  jobs: readonly TurnJob[],
  state: RoomState,
  targets: ReadonlyMap<string, MemberRecord>,
): GuardedFence[] {
  const guards = new Map<string, GuardedFence>();
  const guard = (one: GuardedFence) => guards.set(`${one.userId}:${one.fence}`, one);
  for (const { actor, command } of jobs) {
    if (actor.kind === 'member') guard(session(actor));
    if (command.name === 'member:return') guard(session(command.payload));
    for (const userId of [targetOf(command) ?? [], candidatesOf(state, command)].flat()) {
      const member = targets.get(userId);
      if (member) guard(session(member));
      // Whoever is banned in his absence must not have come in meanwhile.
      else if (command.name === 'member:ban') guard({ userId, fence: null });
    }
  }
  return [...guards.values()];
}

const session = ({ userId, fence }: SessionFence): SessionFence => ({ userId, fence });
const previous = ({ userId, fence }: SessionFence): SessionFence => ({ userId, fence: fence - 1 });

/** Whoever is refused learns at which version, so that his client can tell whether it knew better (ACK-5). */
const withVersion = <R extends { details?: Readonly<Record<string, unknown>> | undefined }>(
  rejection: R,
  version: number,
): R => ({ ...rejection, details: { ...rejection.details, version } });

function toAnswer(job: TurnJob, outcome: Outcome | undefined): RememberedAnswer[] {
  if (!job.key || !outcome?.ok) return [];
  return [{ ...job.key, command: job.command.name, answer: JSON.stringify(outcome.data) }];
}
