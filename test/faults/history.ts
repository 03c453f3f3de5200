// What clients sent and received, with times: the record that the checkers judge. The clients may be sockets of real
// processes or devices of the simulation.
import type { MemberKind } from '../../src/domain/view.ts';
import type { ErrorBody } from '../../src/protocol/errors.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';

/** `at`: milliseconds of one monotonic clock, the same for all clients. `client`: one device of a user. */
interface Entry {
  readonly at: number;
  readonly client: string;
  readonly userId: string;
}

/** An operation is one wish of the client. A retry is another call of the same `op`, with the same commandId. */
export interface Call extends Entry {
  readonly kind: 'call';
  readonly op: string;
  readonly roomId: string;
  readonly name: string;
  /** Without roomId and commandId. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** `answer` is null when none came in time, or the connection ended first. */
export interface Answer extends Entry {
  readonly kind: 'answer';
  readonly op: string;
  readonly answer:
    | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
    | { readonly ok: false; readonly error: Pick<ErrorBody, 'code' | 'retryable' | 'details'> }
    | null;
}

/** The client got the whole room, by an ack or by `room:snapshot`. */
export interface SnapshotEntry extends Entry {
  readonly kind: 'snapshot';
  readonly room: RoomSnapshot;
}

/**
 * Updates in the order in which the client took them, from the feed or from an ack. `as`: the stream that the client
 * gets.
 */
export interface UpdatesEntry extends Entry {
  readonly kind: 'updates';
  readonly roomId: string;
  readonly epoch: string;
  readonly as: MemberKind;
  readonly updates: readonly Update[];
}

/** Changes of the audience, beside the stream of updates. */
export interface Audience extends Entry {
  readonly kind: 'audience';
  readonly roomId: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

/**
 * `inside`: the connection is up and the room entered. `outside`: the connection is dead as far as the client knows, or
 * the membership has ended.
 */
export interface Presence extends Entry {
  readonly kind: 'inside' | 'outside';
  readonly roomId: string;
}

/** A chat message that was received. Texts are unique, so one text under two ids is one command carried out twice. */
export interface MessageEntry extends Entry {
  readonly kind: 'message';
  readonly roomId: string;
  readonly messageId: string;
  readonly text: string;
}

export type HistoryEntry = Call | Answer | SnapshotEntry | UpdatesEntry | Audience | Presence | MessageEntry;
type Unstamped<One> = One extends unknown ? Omit<One, 'at'> : never;

/** In the order of their times. */
export type History = readonly HistoryEntry[];

/** A broken rule, with the facts for the reader of the report. */
export interface Finding {
  readonly rule: string;
  readonly facts: string;
}

/** Collects entries as they happen. */
export class Recorder {
  readonly #now: () => number;
  readonly #entries: HistoryEntry[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get history(): History {
    return this.#entries;
  }

  note(entry: Unstamped<HistoryEntry>): number {
    const at = this.#now();
    this.#entries.push({ ...entry, at } as HistoryEntry);
    return at;
  }
}

/** The entries of one kind. */
export const entriesOf = <Kind extends HistoryEntry['kind']>(
  history: History,
  kind: Kind,
): Extract<HistoryEntry, { kind: Kind }>[] =>
  history.filter((entry): entry is Extract<HistoryEntry, { kind: Kind }> => entry.kind === kind);

/** One wish with all its calls and answers. */
export interface Operation {
  readonly op: string;
  readonly userId: string;
  readonly roomId: string;
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly calledAt: number;
  readonly answers: readonly Answer[];
  /** The first success, or null. */
  readonly success: { readonly at: number; readonly data: Readonly<Record<string, unknown>> } | null;
  /** Whether the command may have been carried out: it succeeded, or its outcome is unknown. */
  readonly mayHaveHappened: boolean;
}

/** Errors after which a command may have been carried out all the same. */
const unknownCodes: readonly string[] = ['OUTCOME_UNKNOWN', 'INTERNAL'];

/** All operations in the order of their first calls. */
export function operationsOf(history: History): Operation[] {
  const calls = new Map<string, Call[]>();
  const answers = new Map<string, Answer[]>();
  const push = <One extends { op: string }>(map: Map<string, One[]>, one: One) => {
    const list = map.get(one.op);
    if (list) list.push(one);
    else map.set(one.op, [one]);
  };
  for (const entry of history) {
    if (entry.kind === 'call') push(calls, entry);
    else if (entry.kind === 'answer') push(answers, entry);
  }
  return [...calls].map(([op, tries]) => toOperation(tries, answers.get(op) ?? []));
}

function toOperation(tries: readonly Call[], answers: readonly Answer[]): Operation {
  const { op, userId, roomId, name, payload, at } = tries[0] as Call;
  const accepted = answers.find(({ answer }) => answer?.ok);
  const success = accepted?.answer?.ok ? { at: accepted.at, data: accepted.answer.data } : null;
  // The outcome of each try is open unless an answer said that it did not happen.
  const refusals = answers.filter(({ answer }) => answer && !answer.ok && !unknownCodes.includes(answer.error.code));
  const mayHaveHappened = success !== null || refusals.length < tries.length;
  return { op, userId, roomId, name, payload, calledAt: at, answers, success, mayHaveHappened };
}
