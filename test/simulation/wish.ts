// How a client repeats a command: under the same id until the answer is final (ACK-2, ACK-3).

import { commandSchemas, type RoomCommand } from '../../src/protocol/commands.ts';
import { toErrorBody } from '../../src/protocol/errors.ts';
import type { Outcome } from '../../src/rooms/contract/outcome.ts';
import type { Recorder } from '../faults/history.ts';
import type { Connection, Request } from './connection.ts';
import type { Dice } from './dice.ts';
import type { Schedule } from './schedule.ts';

/** How long a client waits for an ack, as in chapter 2 of SPEC.md. */
const ACK_TIMEOUT_MS = 8_000;
const TRIES_MAX = 6;

/** The answer to one try; null without one. */
export type MaybeOutcome = Outcome | null;

interface WishesDeps {
  readonly client: string;
  readonly userId: string;
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly recorder: Recorder;
  readonly connection: () => Connection | null;
  /** A connection that does not answer is given up. */
  readonly onSilence: (connection: Connection) => void;
}

export class Wishes {
  readonly #deps: WishesDeps;
  #made = 0;
  /** Commands on the present connection without an answer yet. */
  readonly #unanswered = new Set<(outcome: MaybeOutcome) => void>();

  constructor(deps: WishesDeps) {
    this.#deps = deps;
  }

  /** An id that no other wish has. */
  newId(): string {
    return `${this.#deps.client}-${this.#made++}`;
  }

  /** The connection has ended: open commands will not be answered. */
  connectionEnded(): void {
    for (const finish of [...this.#unanswered]) finish(null);
  }

  /** Repeats the command under one commandId; resolves with the last outcome. */
  async insist(name: Request['name'], payload: object): Promise<MaybeOutcome> {
    const { schedule, dice } = this.#deps;
    const commandId = this.newId();
    const request = { name, payload: { ...payload, commandId } } as Request;
    let outcome: MaybeOutcome = null;
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      outcome = await this.try(request, commandId);
      if (outcome?.ok || (outcome && outcome.rejection.retryAfterMs === undefined)) return outcome;
      await new Promise<void>((resolve) => void schedule.in(dice.integer(200, 2_000), resolve));
    }
    return outcome;
  }

  /** One try. `take` is called in the very step in which the answer comes, as clients must take acks. */
  try(request: Request, op: string, take: (outcome: MaybeOutcome) => void = () => undefined): Promise<MaybeOutcome> {
    const { schedule, recorder, client, userId, onSilence } = this.#deps;
    const who = { client, userId };
    const connection = this.#deps.connection();
    if (!connection) return Promise.resolve(null);
    const command = { name: request.name, payload: commandSchemas[request.name].parse(request.payload) } as RoomCommand;
    const { roomId = '', commandId: _id, ...payload } = request.payload as { roomId?: string; commandId?: string };
    recorder.note({ kind: 'call', ...who, op, roomId, name: request.name, payload });
    return new Promise((resolve) => {
      const finish = (outcome: MaybeOutcome) => {
        if (!this.#unanswered.delete(finish)) return;
        giveUp();
        recorder.note({ kind: 'answer', ...who, op, answer: answerOf(outcome) });
        take(outcome);
        resolve(outcome);
      };
      const giveUp = schedule.in(ACK_TIMEOUT_MS, () => {
        finish(null);
        onSilence(connection);
      });
      this.#unanswered.add(finish);
      connection.ask(command, finish);
    });
  }
}

const answerOf = (outcome: MaybeOutcome) => {
  if (!outcome) return null;
  return outcome.ok
    ? { ok: true as const, data: outcome.data }
    : { ok: false as const, error: toErrorBody(outcome.rejection) };
};
