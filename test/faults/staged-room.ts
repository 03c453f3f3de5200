// A correct room for the checkers' own tests: the domain decides, all clients get each update at once, and everything
// is recorded. A test then changes the record, or makes the room break a rule.
import type { MemberActor } from '../../src/domain/actor.ts';
import { apply } from '../../src/domain/apply.ts';
import { decide } from '../../src/domain/decide.ts';
import type { RoomState } from '../../src/domain/room.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { kindOf, visibleTo } from '../../src/domain/view.ts';
import { buildSnapshot } from '../../src/rooms/audience/snapshot-builder.ts';
import {
  aMember,
  anOccupant,
  buildRoom,
  type CommandInput,
  command,
  context,
  OWNER,
  system,
} from '../support/domain.ts';
import { type Answer, Recorder } from './history.ts';

type Named = Parameters<typeof command>[0];

export class StagedRoom {
  /** Milliseconds of the one clock of all clients; each step takes ten. */
  now = 0;
  epoch = 'e1';
  version = 0;
  state: RoomState = buildRoom({ seatMode: 'free' });
  readonly recorder = new Recorder(() => this.now);
  readonly #members: string[] = [];
  readonly #shown = { public: 0, staff: 0 };
  #ops = 0;

  constructor(...members: string[]) {
    for (const one of [OWNER, ...members]) this.enter(one);
  }

  get history() {
    return this.recorder.history;
  }

  enter(client: string): void {
    this.#members.push(client);
    this.show(client);
    this.recorder.note({ kind: 'inside', ...as(client), roomId: 'room' });
  }

  show(client: string): void {
    this.recorder.note({ kind: 'snapshot', ...as(client), room: this.snapshot(client) });
  }

  snapshot(client: string = OWNER) {
    const stored = { epoch: this.epoch, version: this.version, state: this.state } as Parameters<
      typeof buildSnapshot
    >[0];
    const audience = { count: 0, members: [] } as unknown as Parameters<typeof buildSnapshot>[2]['audience'];
    return buildSnapshot(stored, kindOf(this.state, client), { audience, recentMessages: [] });
  }

  /**
   * A command with its call, its commit, its update and its ack, ten milliseconds apart. Returns the operation's name.
   */
  do<Name extends Named>(client: string, name: Name, input: CommandInput<Name>): string {
    const op = this.call(client, name, input);
    this.answer(client, op, this.carryOut(client, name, input));
    return op;
  }

  call(client: string, name: string, payload: object, op = `op-${++this.#ops}`): string {
    this.now += 10;
    this.recorder.note({ kind: 'call', ...as(client), op, roomId: 'room', name, payload: { ...payload } });
    return op;
  }

  answer(client: string, op: string, answer: Answer['answer']): void {
    this.now += 10;
    this.recorder.note({ kind: 'answer', ...as(client), op, answer });
  }

  carryOut<Name extends Named>(client: string, name: Name, input: CommandInput<Name>): NonNullable<Answer['answer']> {
    const actor = client === 'system' ? system : ({ ...aMember(client), name: client, avatar: '' } as MemberActor);
    const decision = decide(this.state, command(name, input), context(actor, { now: this.now }));
    if (!decision.ok) {
      const { code, details } = decision.rejection;
      return { ok: false, error: { code, retryable: false, details: { ...details, version: this.version } } };
    }
    this.commit(decision.events);
    return { ok: true, data: { ...decision.data, version: this.version } };
  }

  /** Commits any events. All members get the update, except the `deaf` ones. */
  commit(events: readonly StageEvent[], deaf: readonly string[] = []): void {
    if (events.length === 0) return;
    this.now += 10;
    this.version += 1;
    this.state = events.reduce(apply, this.state);
    for (const client of this.#members) {
      const kind = kindOf(this.state, client);
      const visible = [...visibleTo(kind, events)];
      if (visible.length === 0 || deaf.includes(client)) continue;
      const update = { after: this.#shown[kind], version: this.version, at: this.now, events: visible };
      const { epoch } = this;
      this.recorder.note({ kind: 'updates', ...as(client), roomId: 'room', epoch, as: kind, updates: [update] });
    }
    for (const kind of ['public', 'staff'] as const) {
      if (visibleTo(kind, events).length > 0) this.#shown[kind] = this.version;
    }
  }

  /** Another epoch begins with this state, and all members get a snapshot. */
  beginEpoch(state: RoomState, version: number): void {
    this.now += 1_000;
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    this.state = state;
    this.version = version;
    this.#shown.public = version;
    this.#shown.staff = version;
    for (const client of this.#members) this.show(client);
  }
}

export const as = (client: string) => ({ client, userId: client });

/** Some user has sat down, whatever the domain would have decided. */
export const sitting = (userId: string, seat: number, at: number): StageEvent => ({
  type: 'seat.taken',
  by: userId,
  at,
  seat: seat as never,
  via: 'take',
  occupant: { ...anOccupant(userId), name: userId, avatar: '' },
});
