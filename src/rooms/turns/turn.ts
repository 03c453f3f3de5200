// Runs a turn: draft, commit, and try again when the room moved on meanwhile. Must not know any rule or any socket.
import type { RoomState } from '../../domain/room.ts';
import { candidatesOf, sanctionedBy, targetOf } from '../../domain/stage-command.ts';
import { isUnderstood } from '../../domain/view.ts';
import { assertNever } from '../../lang/assert.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { Rejection } from '../../protocol/errors.ts';
import type { MemberRecord, PresenceStore } from '../../store/presence-store.ts';
import {
  type CommitResult,
  commandName,
  type RememberedAnswer,
  type RoomStore,
  type SessionFence,
} from '../../store/room-store.ts';
import type { SanctionStore, SanctionsFound } from '../../store/sanction-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../store/store-errors.ts';
import { type CurrentFences, rejectionFor, repeatAnswer, retryLater } from '../contract/outcome.ts';
import { retryAfterRecovery } from '../recovery/recovery.ts';
import type { RoomReplica } from './room-replica.ts';
import { draftTurn, type TurnDraft } from './turn-draft.ts';
import type { TurnJob } from './turn-job.ts';

/** More commands waiting than this mean that the store cannot keep up: the rest is refused rather than delayed. */
const WAITING_MAX = 1_000;
/** One commit carries at most so many commands, so that its size and its guards stay bounded. */
const TURN_JOBS_MAX = 128;
export const turnLimits = { waitingMax: WAITING_MAX, batchMax: TURN_JOBS_MAX } as const;

/** A turn that loses so often meets more competition than waiting for would help. */
const ATTEMPTS_MAX = 32;

export interface TurnDeps {
  readonly store: RoomStore;
  readonly presence: PresenceStore;
  readonly sanctions: SanctionStore;
  readonly random: Random;
  readonly logger: Logger;
  /** Settles the room; true when that needed no waiting. Never rejects. */
  readonly recover: () => Promise<boolean>;
}

/** Settles every job, whatever happens; never rejects. */
export async function runTurn(replica: RoomReplica, jobs: readonly TurnJob[], deps: TurnDeps): Promise<void> {
  let open = jobs;
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX && open.length > 0; attempt++) {
      const jobsNow = open;
      open = await retryAfterRecovery(() => attemptTurn(replica, jobsNow, deps), deps.recover);
    }
    resolveAll(open, retryLater('OVERLOADED'));
  } catch (error) {
    const rejection = rejectionFor(error);
    if (!rejection) deps.logger.error({ error, roomId: replica.current.state.roomId }, 'a turn failed');
    resolveAll(open, rejection ?? { code: 'INTERNAL' });
  }
}

const resolveAll = (jobs: readonly TurnJob[], rejection: Rejection): void => {
  for (const job of jobs) job.resolve({ ok: false, rejection });
};

/** One attempt; returns the jobs that are still open. */
async function attemptTurn(
  replica: RoomReplica,
  jobs: readonly TurnJob[],
  deps: TurnDeps,
): Promise<readonly TurnJob[]> {
  const before = replica.current;
  const [targets, sanctions] = await lookUp(before.state, jobs, deps);
  // Decided on the room as it was before the look-ups, although this copy may know better by now: had the room moved on
  // before them, the store says so. Bans or candidates older than the room they are judged with would go unnoticed.
  const draft = draftTurn(jobs, {
    before,
    turnId: deps.random.id(),
    now: deps.store.now(),
    targets,
    sanctions,
  });
  const result = await commitTwice(draft, deps.store);
  await readUnknownEvents(replica, result, deps.store);
  // This copy is of a room that there is no more: whoever holds it is told so.
  if (result.status === 'absent') void deps.recover();
  return applyResult(replica, draft, { result, jobs });
}

/**
 * When the reply does not come, the very same commit is sent once more: either it takes place now, or the log tells
 * whether it was us who moved the room on (D2). Nothing can take place twice, because the version differs.
 */
async function commitTwice(draft: TurnDraft, store: RoomStore): Promise<CommitResult> {
  try {
    return await store.commit(draft.commit);
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    try {
      return await findInLog(draft, await store.commit(draft.commit), store);
    } catch (again) {
      // Not sent this time, but the first one may have taken place.
      throw again instanceof StoreUnavailableError ? error : again;
    }
  }
}

/** After a lost reply no answer but a plain one says whether the first try took place; the log does. */
async function findInLog({ commit, turnId }: TurnDraft, result: CommitResult, store: RoomStore): Promise<CommitResult> {
  if (result.status === 'committed' || result.status === 'behind' || result.status === 'absent') return result;
  const read = await store.since(commit.before.state.roomId, commit.before);
  if (read.status !== 'records') throw new OutcomeUnknownError('the room has moved on too far to tell');
  const isOurs = read.records.some((record) => record.turnId === turnId);
  return isOurs ? { status: 'behind', records: read.records } : result;
}

/** Commits of a newer server that mean nothing here cannot be followed one by one. */
async function readUnknownEvents(replica: RoomReplica, result: CommitResult, store: RoomStore): Promise<void> {
  if (result.status !== 'behind' || result.records.every(({ events }) => isUnderstood(events))) return;
  const whole = await store.load(replica.current.state.roomId);
  if (whole) replica.replaceIfNewer(whole);
}

interface Attempt {
  readonly result: CommitResult;
  readonly jobs: readonly TurnJob[];
}

function applyResult(replica: RoomReplica, draft: TurnDraft, { result, jobs }: Attempt): readonly TurnJob[] {
  switch (result.status) {
    case 'committed':
      if (draft.commit.change) replica.receive(draft.commit.change.record);
      return resolveDraft(draft);
    case 'behind':
      replica.receiveAll(result.records);
      return result.records.some(({ turnId }) => turnId === draft.turnId) ? resolveDraft(draft) : jobs;
    case 'elsewhere':
      replica.replaceIfNewer(result.room);
      return jobs;
    case 'answered':
      return jobs.filter((job) => !resolveAnswered(job, result.answers));
    case 'refused':
      return jobs.filter((job) => !resolveRefused(job, result.fences));
    case 'occupied':
      return jobs.filter((job) => !resolveOccupied(job));
    case 'late':
      return jobs;
    case 'absent':
      resolveAll(jobs, { code: 'ROOM_NOT_FOUND' });
      return [];
    default:
      return assertNever(result);
  }
}

function resolveDraft(draft: TurnDraft): readonly TurnJob[] {
  for (const [job, outcome] of draft.outcomes) job.resolve(outcome);
  return draft.postponed;
}

/** True when the job has its first answer again, or its id has been used for something else (ACK-2). */
function resolveAnswered({ key, command, resolve }: TurnJob, answers: readonly RememberedAnswer[]): boolean {
  const known = key && answers.find((answer) => commandName(answer) === commandName(key));
  if (!known) return false;
  resolve(repeatAnswer(known, command.name));
  return true;
}

/** True when the session the job was about is over; others of the turn are decided again. */
function resolveRefused({ actor, command, resolve }: TurnJob, fences: CurrentFences): boolean {
  const isOver = ({ userId, fence }: SessionFence) => fences.has(userId) && fences.get(userId) !== fence;
  const settleOver = () => {
    resolve({ ok: false, rejection: { code: 'NOT_A_MEMBER' }, overtakenBy: fences });
    return true;
  };
  if (actor.kind === 'member' && isOver(actor)) return settleOver();
  switch (command.name) {
    case 'member:leave':
    case 'member:drop':
    case 'member:return':
      return isOver(command.payload) && settleOver();
    case 'room:sweep':
      // Somebody came back at the last moment: whoever swept says so to him first.
      return settleOver();
    default:
      return false;
  }
}

/** Somebody came in before the empty room could be closed. */
function resolveOccupied({ command, resolve }: TurnJob): boolean {
  if (command.name !== 'room:expire') return false;
  resolve({ ok: false, rejection: { code: 'BAD_REQUEST', details: { problem: 'the room is not empty' } } });
  return true;
}

/** Who else is in the room and what is in force against whom; most turns need to know neither. */
function lookUp(state: RoomState, jobs: readonly TurnJob[], { presence, sanctions }: TurnDeps) {
  const { roomId } = state;
  const named = jobs.flatMap(({ command }) => [targetOf(command) ?? [], candidatesOf(state, command)].flat());
  const sanctioned = jobs.flatMap(({ command }) => sanctionedBy(command) ?? []);
  if (named.length === 0 && sanctioned.length === 0) return [noTargets, noneFound] as const;
  return Promise.all([
    named.length === 0 ? noTargets : presence.find(roomId, [...new Set(named)]),
    sanctioned.length === 0 ? noneFound : sanctions.find(roomId, [...new Set(sanctioned)]),
  ]);
}

const noTargets: ReadonlyMap<string, MemberRecord> = new Map();
const noneFound: SanctionsFound = { banned: new Set(), silenced: new Set(), bans: 0, silences: 0 };
