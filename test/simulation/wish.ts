// How a client repeats a command: under the same id until the answer is final (ACK-2, ACK-3).

import { commandSchemas, type RoomCommand } from '../../src/protocol/commands.ts';
import { toErrorBody } from '../../src/protocol/errors.ts';
import type { Outcome } from '../../src/rooms/contract/outcome.ts';
import type { Recorder } from '../faults/history.ts';
import type { Asked, Connection } from './connection.ts';
import type { Dice } from './dice.ts';
import type { Schedule } from './schedule.ts';

/** How long a client waits for an ack, as in chapter 2 of SPEC.md. */
const ACK_TIMEOUT_MS = 8_000;
const TRIES_MAX = 6;

/** The answer to one try; null without one. */
export type Settled = Outcome | null;

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
  readonly #unanswered = new Set<(outcome: Settled) => void>();

  constructor(deps: WishesDeps) {
    this.#deps = deps;
  }

  /** An id that no other wish has. */
  newId(): string {
    return `${this.#deps.client}-${this.#made++}`;
  }

  /** The connection has ended: open commands will not be answered. */
  connectionEnded(): void {
    for (const settle of [...this.#unanswered]) settle(null);
  }

  /** Repeats the command under one commandId; resolves with the last outcome. */
  async insist(name: Asked['name'], payload: object): Promise<Settled> {
    const { schedule, dice } = this.#deps;
    const commandId = this.newId();
    const asked = { name, payload: { ...payload, commandId } } as Asked;
    let settled: Settled = null;
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      settled = await this.try(asked, commandId);
      if (settled?.ok || (settled && settled.rejection.retryAfterMs === undefined)) return settled;
      await new Promise<void>((resolve) => void schedule.in(dice.integer(200, 2_000), resolve));
    }
    return settled;
  }

  /** One try. `take` is called in the very step in which the answer comes, as clients must take acks. */
  try(asked: Asked, op: string, take: (settled: Settled) => void = () => undefined): Promise<Settled> {
    const { schedule, recorder, client, userId, onSilence } = this.#deps;
    const who = { client, userId };
    const connection = this.#deps.connection();
    if (!connection) return Promise.resolve(null);
    const command = { name: asked.name, payload: commandSchemas[asked.name].parse(asked.payload) } as RoomCommand;
    const { roomId = '', commandId: _id, ...payload } = asked.payload as { roomId?: string; commandId?: string };
    recorder.note({ kind: 'call', ...who, op, roomId, name: asked.name, payload });
    return new Promise((resolve) => {
      const settle = (outcome: Settled) => {
        if (!this.#unanswered.delete(settle)) return;
        giveUp();
        recorder.note({ kind: 'answer', ...who, op, answer: answerOf(outcome) });
        take(outcome);
        resolve(outcome);
      };
      const giveUp = schedule.in(ACK_TIMEOUT_MS, () => {
        settle(null);
        onSilence(connection);
      });
      this.#unanswered.add(settle);
      connection.ask(command, settle);
    });
  }
}

const answerOf = (outcome: Settled) => {
  if (!outcome) return null;
  return outcome.ok
    ? { ok: true as const, data: outcome.data }
    : { ok: false as const, error: toErrorBody(outcome.rejection) };
};
