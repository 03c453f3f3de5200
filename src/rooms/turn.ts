// Runs a turn: draft, commit, and try again when the room moved on meanwhile. Must not know any rule or any socket.
import { targetOf } from '../domain/stage-command.ts';
import { assertNever } from '../lang/assert.ts';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import type { CommitResult, RememberedAnswer, RoomStore } from '../store/room-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';
import { type Draft, draftTurn } from './draft.ts';
import type { Job } from './job.ts';
import { refuse, refuseForNow, succeed } from './outcome.ts';
import type { RoomReplica } from './room-replica.ts';

/** A turn that loses so often meets more competition than waiting for would help. */
const ATTEMPTS_MAX = 32;

export interface TurnParts {
  readonly store: RoomStore;
  readonly presence: PresenceStore;
  readonly random: Random;
  readonly logger: Logger;
}

/** Settles every job, whatever happens; never rejects. */
export async function runTurn(replica: RoomReplica, jobs: readonly Job[], parts: TurnParts): Promise<void> {
  let open = jobs;
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX && open.length > 0; attempt++) {
      open = await attemptTurn(replica, open, parts);
    }
    settleAll(open, () => refuseForNow('OVERLOADED'));
  } catch (error) {
    if (error instanceof StoreUnavailableError) return settleAll(open, () => refuseForNow('UNAVAILABLE'));
    if (error instanceof OutcomeUnknownError) return settleAll(open, () => refuseForNow('OUTCOME_UNKNOWN'));
    parts.logger.error({ error, roomId: replica.current.state.roomId }, 'a turn failed');
    settleAll(open, () => refuse('INTERNAL'));
  }
}

const settleAll = (jobs: readonly Job[], outcome: (job: Job) => Parameters<Job['settle']>[0]): void => {
  for (const job of jobs) job.settle(outcome(job));
};

/** One attempt; returns the jobs that are still open. */
async function attemptTurn(replica: RoomReplica, jobs: readonly Job[], parts: TurnParts): Promise<readonly Job[]> {
  const before = replica.current;
  const targets = await findTargets(before.state.roomId, jobs, parts.presence);
  // Whatever arrived while the targets were looked up is decided upon, too.
  const draft = draftTurn(jobs, {
    before: replica.current,
    turnId: parts.random.id(),
    now: parts.store.now(),
    targets,
  });
  const result = await commitTwice(draft, parts.store);
  return follow(replica, draft, { result, jobs });
}

/**
 * When the reply does not come, the very same commit is sent once more: either it takes place now, or the room has
 * moved on and the log tells whether that was us (D2). Nothing can take place twice, because the version differs.
 */
async function commitTwice(draft: Draft, store: RoomStore): Promise<CommitResult> {
  try {
    return await store.commit(draft.commit);
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    try {
      return await store.commit(draft.commit);
    } catch (again) {
      // Not sent this time, but the first one may have taken place.
      throw again instanceof StoreUnavailableError ? error : again;
    }
  }
}

interface Attempt {
  readonly result: CommitResult;
  readonly jobs: readonly Job[];
}

function follow(replica: RoomReplica, draft: Draft, { result, jobs }: Attempt): readonly Job[] {
  switch (result.status) {
    case 'committed':
      if (draft.commit.change) replica.receive(draft.commit.change.record);
      return settleDraft(draft);
    case 'behind':
      for (const record of result.records) replica.receive(record);
      return result.records.some(({ turnId }) => turnId === draft.turnId) ? settleDraft(draft) : jobs;
    case 'elsewhere':
      replica.adopt(result.room);
      return jobs;
    case 'answered':
      return jobs.filter((job) => !settleAnswered(job, result.answers));
    case 'refused':
      return jobs.filter((job) => !settleRefused(job, result.fences));
    case 'late':
      return jobs;
    case 'absent':
      settleAll(jobs, () => refuse('ROOM_NOT_FOUND'));
      return [];
    default:
      return assertNever(result);
  }
}

function settleDraft(draft: Draft): readonly Job[] {
  for (const [job, outcome] of draft.outcomes) job.settle(outcome);
  return draft.postponed;
}

/** True when the job has its first answer again; the same id with another command is a mistake (ACK-2). */
function settleAnswered(job: Job, answers: readonly RememberedAnswer[]): boolean {
  const { key, command } = job;
  const known = key && answers.find((answer) => answer.userId === key.userId && answer.commandId === key.commandId);
  if (!known) return false;
  if (known.command === command.name) job.settle(succeed(JSON.parse(known.answer) as Record<string, unknown>));
  else job.settle(refuse('BAD_REQUEST', { commandId: key.commandId, usedFor: known.command }));
  return true;
}

/** True when the session the job was about is over; others of the turn are decided again. */
function settleRefused({ actor, command, settle }: Job, fences: ReadonlyMap<string, number | null>): boolean {
  const isOver = ({ userId, fence }: { userId: UserId; fence: number }) =>
    fences.has(userId) && fences.get(userId) !== fence;
  if (actor.kind === 'member') {
    if (!isOver(actor)) return false;
    settle(refuse('NOT_A_MEMBER'));
    return true;
  }
  switch (command.name) {
    case 'member:leave':
    case 'member:drop':
    case 'member:return':
      if (!isOver(command.payload)) return false;
      settle(succeed({ stale: true }));
      return true;
    case 'room:sweep':
      // Somebody came back at the last moment: whoever swept says so to him first.
      settle(succeed({ returned: Object.fromEntries(fences) }));
      return true;
    default:
      return false;
  }
}

async function findTargets(roomId: RoomId, jobs: readonly Job[], presence: PresenceStore) {
  const userIds = new Set(jobs.flatMap(({ command }) => targetOf(command) ?? []));
  return userIds.size === 0 ? new Map() : presence.find(roomId, [...userIds]);
}
