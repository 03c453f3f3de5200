// Decides a turn: all its commands on one state, as one commit. Pure: the store is not asked.
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
import type { Answer, TurnJob } from './turn-job.ts';

export interface TurnInputs {
  readonly before: StoredRoom;
  readonly turnId: string;
  /** Store time, Unix milliseconds. */
  readonly now: number;
  /** The members that commands of the turn name or need; absent: not in the room. */
  readonly targets: ReadonlyMap<string, MemberRecord>;
  /** The sanctions in force against the users that commands of the turn name. */
  readonly sanctions: SanctionsFound;
}

export interface TurnDraft {
  readonly turnId: string;
  readonly commit: Commit;
  /** The outcome of each job if the commit succeeds. */
  readonly answers: readonly Answer[];
  /**
   * Jobs for the next attempt. Either their command id is in this turn already, or they name a member whose session
   * ends in this turn. The membership then goes on under a fence that only the commit makes true.
   */
  readonly postponed: readonly TurnJob[];
}

/** Decides the jobs in their order, each on the room as the jobs before it left it; nothing is kept yet (D2). */
export function draftTurn(jobs: readonly TurnJob[], inputs: TurnInputs): TurnDraft {
  const { before, turnId, now } = inputs;
  const { single, postponed } = withoutRepeats(jobs);
  const { decided, events, namedDropped } = decideAll(single, inputs);
  const record: CommitRecord | null = events.length === 0 ? null : toRecord(events, inputs);
  const version = record?.version ?? before.version;
  const answers = decided.map(({ job, decision }) => ({ job, outcome: outcomeOf(decision, version) }));
  const taken = decided.map(({ job }) => job);
  const commit: Commit = {
    before,
    now,
    change: record && changeOf(before, advance(before, record), record),
    guards: guardsOf(taken, before.state, inputs.targets),
    onlyIfEmpty: taken.some(({ command }) => command.name === 'room:expire') && record !== null,
    endedSessions: events.flatMap((event) => (event.type === 'member.away' ? [previous(event)] : [])),
    removals: events.flatMap((event) => (event.type === 'member.left' ? [session(event)] : [])),
    commandKeys: taken.flatMap(({ key }) => key ?? []),
    // A command that changed nothing may be decided again: only answers to changes are remembered.
    answers: answers.flatMap((answer, index) => (hasEvents(decided[index]?.decision) ? toRemembered(answer) : [])),
  };
  return { turnId, commit, answers, postponed: [...postponed, ...namedDropped] };
}

/** All decisions and their events; `namedDropped`: jobs that name a member who was dropped by a job before them. */
function decideAll(jobs: readonly TurnJob[], inputs: TurnInputs) {
  let state: RoomState = inputs.before.state;
  const facts = new TurnFacts(inputs);
  const decided: { readonly job: TurnJob; readonly decision: Decision }[] = [];
  const events: StageEvent[] = [];
  const namedDropped: TurnJob[] = [];
  for (const job of jobs) {
    if (facts.hasDropped(targetOf(job.command))) {
      namedDropped.push(job);
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
  return { decided, events, namedDropped };
}

const hasEvents = (decision?: Decision): boolean => decision?.ok === true && decision.events.length > 0;

/** A rejection carries the version, too, so that a client can tell whether it knew better (ACK-5). */
const outcomeOf = (decision: Decision, version: number): Outcome =>
  decision.ok
    ? { ok: true, data: { ...decision.data, version } }
    : {
        ok: false,
        rejection: { ...decision.rejection, details: { ...decision.rejection.details, version } },
      };

function decideJob(state: RoomState, { actor, command }: TurnJob, facts: TurnFacts): Decision {
  if (actor.kind === 'member' && facts.isOver(actor.userId)) {
    return { ok: false, rejection: { code: 'NOT_A_MEMBER' } };
  }
  // An owner is on the stage even without being a member: a drop right behind their leave must not begin a grace.
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

/** The change that the commit makes. A stage that breaks its own rules is a bug and is not kept. */
export function changeOf(before: StoredRoom, after: StoredRoom, record: CommitRecord): CommitChange {
  const broken = brokenInvariants(after.state);
  assert(broken.length === 0, `a turn would break the stage: ${broken.join('; ')}`);
  const [pinned, toPin] = [stageUsers(before.state), stageUsers(after.state)];
  return {
    after,
    record,
    pin: [...toPin].filter((userId) => !pinned.has(userId)),
    unpin: [...pinned].filter((userId) => !toPin.has(userId)),
    sanctions: record.events.flatMap(sanctionsBy),
    isClosing: after.state.closed !== null,
  };
}

function toRecord(events: readonly StageEvent[], { before, turnId, now }: TurnInputs): CommitRecord {
  const { epoch, version, publicVersion: publicAfter, staffVersion: staffAfter } = before;
  return { epoch, version: version + 1, turnId, at: now, publicAfter, staffAfter, events };
}

/** A retry may be in the same turn as its original; it waits until the answer is remembered. */
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
 * The sessions that a turn relies on: those of acting members and of named members. Other pinned users need no guard,
 * because only a commit can remove them.
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
      // A user who is banned in absence must not have joined meanwhile.
      else if (command.name === 'member:ban') guard({ userId, fence: null });
    }
  }
  return [...guards.values()];
}

const session = ({ userId, fence }: SessionFence): SessionFence => ({ userId, fence });
const previous = ({ userId, fence }: SessionFence): SessionFence => ({ userId, fence: fence - 1 });

function toRemembered({ job, outcome }: Answer): RememberedAnswer[] {
  if (!job.key || !outcome.ok) return [];
  return [{ ...job.key, command: job.command.name, answer: JSON.stringify(outcome.data) }];
}
