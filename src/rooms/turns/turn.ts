// One attempt at a turn: draft it, commit it, conclude from the store's answer what changed and which jobs are done.
import type { RoomState } from '../../domain/room.ts';
import { candidatesOf, sanctionedBy, targetOf } from '../../domain/stage-command.ts';
import { isUnderstood } from '../../domain/view.ts';
import { assertNever } from '../../lang/assert.ts';
import type { Rejection } from '../../protocol/errors.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import {
  type CommitResult,
  commandName,
  type RememberedAnswer,
  type RoomStore,
  type SessionFence,
  type StoredRoom,
} from '../../store/room-store.ts';
import type { SanctionsFound } from '../../store/sanction-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../store/store-errors.ts';
import { type CurrentFences, type Outcome, repeatAnswer } from '../contract/outcome.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { RoomChange, RoomReplica } from './room-replica.ts';
import { draftTurn, type TurnDraft } from './turn-draft.ts';
import type { Answer, TurnJob } from './turn-job.ts';

/** More commands waiting than this mean that the store cannot keep up: the rest is refused rather than delayed. */
const WAITING_MAX = 1_000;
/** One commit carries at most this many commands, so that its size and its guards stay bounded. */
const TURN_JOBS_MAX = 128;
export const turnLimits = { waitingMax: WAITING_MAX, batchMax: TURN_JOBS_MAX } as const;

/** A turn that loses this often meets more competition than another attempt would beat. */
export const TURN_ATTEMPTS_MAX = 32;

type TurnDeps = Pick<RoomDeps, 'store' | 'presence' | 'sanctions' | 'random'>;

/** A draft and what the store made of it. */
export interface TurnAttempt {
  readonly jobs: readonly TurnJob[];
  readonly draft: TurnDraft;
  readonly result: CommitResult;
  /** The whole room, where commits of a newer server cannot be followed one by one. */
  readonly whole: StoredRoom | null;
}

/** What follows from an attempt. Changes take effect before answers go out. */
export interface Conclusion {
  readonly changes: readonly RoomChange[];
  readonly answers: readonly Answer[];
  readonly open: readonly TurnJob[];
}

/** Drafts and commits; changes nothing on this node. Throws as the store does. */
export async function attemptTurn(before: StoredRoom, jobs: readonly TurnJob[], deps: TurnDeps): Promise<TurnAttempt> {
  const [targets, sanctions] = await lookUp(before.state, jobs, deps);
  // Decided on the room as it was before the look-ups, although this copy may be newer by now. If the room moved on
  // before them, the store says so. With a newer room, bans or candidates that are too old would go unnoticed.
  const draft = draftTurn(jobs, { before, turnId: deps.random.id(), now: deps.store.now(), targets, sanctions });
  const result = await commitTwice(draft, deps.store);
  return { jobs, draft, result, whole: await readUnknownEvents(result, before, deps.store) };
}

/**
 * When no reply comes, the same commit is sent once more. Either it takes place now, or the log tells whether the first
 * try did (D2). It cannot take place twice, because the version differs.
 */
async function commitTwice(draft: TurnDraft, store: RoomStore): Promise<CommitResult> {
  try {
    return await store.commit(draft.commit);
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    try {
      return await findInLog(draft, await store.commit(draft.commit), store);
    } catch (again) {
      // The second try was not sent, but the first may have taken place.
      throw again instanceof StoreUnavailableError ? error : again;
    }
  }
}

/** After a lost reply the result of the second try does not say whether the first took place; the log does. */
async function findInLog({ commit, turnId }: TurnDraft, result: CommitResult, store: RoomStore): Promise<CommitResult> {
  if (result.status === 'committed' || result.status === 'behind' || result.status === 'absent') return result;
  const read = await store.since(commit.before.state.roomId, commit.before);
  if (read.status !== 'records') throw new OutcomeUnknownError('the room has moved on too far to tell');
  const isOurs = read.records.some((record) => record.turnId === turnId);
  return isOurs ? { status: 'behind', records: read.records } : result;
}

/** Commits with events of a newer server mean nothing to this node: the whole room takes their place. */
async function readUnknownEvents(
  result: CommitResult,
  before: StoredRoom,
  store: RoomStore,
): Promise<StoredRoom | null> {
  if (result.status !== 'behind' || result.records.every(({ events }) => isUnderstood(events))) return null;
  return store.load(before.state.roomId);
}

/** Takes what the attempt brought into the copy; the caller applies the changes in the same step. */
export function conclude(replica: RoomReplica, { jobs, draft, result, whole }: TurnAttempt): Conclusion {
  switch (result.status) {
    case 'committed': {
      const { change } = draft.commit;
      return {
        changes: change ? replica.receive(change.record).changes : [],
        answers: draft.answers,
        open: draft.postponed,
      };
    }
    case 'behind': {
      const replaced = whole ? replica.replaceIfNewer(whole) : [];
      const changes = [...replaced, ...replica.receiveAll(result.records).changes];
      const isOurs = result.records.some(({ turnId }) => turnId === draft.turnId);
      return isOurs ? { changes, answers: draft.answers, open: draft.postponed } : { changes, answers: [], open: jobs };
    }
    case 'elsewhere':
      return { changes: replica.replaceIfNewer(result.room), answers: [], open: jobs };
    case 'answered':
      return partly(jobs, (job) => rememberedOutcome(job, result.answers));
    case 'refused':
      return partly(jobs, (job) => (isOverFor(job, result.fences) ? overtaken(result.fences) : null));
    case 'occupied':
      return partly(jobs, ({ command }) => (command.name === 'room:expire' ? notEmpty : null));
    case 'late':
      return { changes: [], answers: [], open: jobs };
    case 'absent':
      return { changes: [], answers: rejectAll(jobs, { code: 'ROOM_NOT_FOUND' }), open: [] };
    default:
      return assertNever(result);
  }
}

export const rejectAll = (jobs: readonly TurnJob[], rejection: Rejection): Answer[] =>
  jobs.map((job) => ({ job, outcome: { ok: false, rejection } }));

/** Some jobs are done by the store's refusal; the others are decided again. */
function partly(jobs: readonly TurnJob[], outcomeOf: (job: TurnJob) => Outcome | null): Conclusion {
  const answers: Answer[] = [];
  const open: TurnJob[] = [];
  for (const job of jobs) {
    const outcome = outcomeOf(job);
    if (outcome) answers.push({ job, outcome });
    else open.push(job);
  }
  return { changes: [], answers, open };
}

/** The first answer of a repeated command, or the refusal of an id that was used for another command (ACK-2). */
function rememberedOutcome({ key, command }: TurnJob, answers: readonly RememberedAnswer[]): Outcome | null {
  const known = key && answers.find((answer) => commandName(answer) === commandName(key));
  return known ? repeatAnswer(known, command.name) : null;
}

const overtaken = (fences: CurrentFences): Outcome => ({
  ok: false,
  rejection: { code: 'NOT_A_MEMBER' },
  overtakenBy: fences,
});

function isOverFor({ actor, command }: TurnJob, fences: CurrentFences): boolean {
  const isOver = ({ userId, fence }: SessionFence) => fences.has(userId) && fences.get(userId) !== fence;
  if (actor.kind === 'member' && isOver(actor)) return true;
  switch (command.name) {
    case 'member:leave':
    case 'member:drop':
    case 'member:return':
      return isOver(command.payload);
    case 'room:sweep':
      // A member came back at the last moment: the sweep ends, so that their return is committed first.
      return true;
    default:
      return false;
  }
}

/** A member came in before the empty room could be closed. */
const notEmpty: Outcome = {
  ok: false,
  rejection: { code: 'BAD_REQUEST', details: { problem: 'the room is not empty' } },
};

/** Reads the members and the sanctions that the commands need; most turns need neither. */
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
