// Every command with every defect of its payload, over real sockets: BAD_REQUEST names the field, and the room does not
// change.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import { commandNames, commandSchemas } from '../../src/protocol/commands.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { Ack } from '../../src/protocol/socket-events.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { TestApp } from '../support/test-app.ts';
import { kinds } from './defects.ts';
import { exampleOf } from './examples.ts';
import { bytesOf, Scene, startStill } from './scene.ts';
import type { Specimen } from './shapes.ts';

let engines: MemoryEngines;
let app: TestApp;
let scene: Scene;

beforeAll(async () => {
  const clock = new ManualClock(Date.now());
  engines = createMemoryEngines(clock);
  app = await startStill(engines, clock);
  scene = await Scene.build(app);
});
afterAll(async () => {
  scene.close();
  await app.stop();
});

const storedBytes = () => bytesOf(engines.tables.get(scene.roomId as RoomId));
let before: string;
beforeEach(() => {
  before = storedBytes();
});

function specimenOf(name: keyof typeof commandSchemas): Specimen {
  const { payload, room } = exampleOf(name);
  return { schema: commandSchemas[name], payload: room === 'none' ? payload : { roomId: scene.roomId, ...payload } };
}

/** The code of an answer and the field that it names, in one line. */
const verdict = (answer: Ack<unknown>): string =>
  answer.ok ? 'ok' : `${answer.error.code} ${answer.error.details?.field ?? ''}`;

test('[CONN-7] the room of the tables has members, seats and a request that could be lost', () => {
  const table = engines.tables.get(scene.roomId as RoomId);
  expect(table?.room.state.requests.length).toBe(1);
  expect(table?.room.state.seats.filter(({ occupant }) => occupant).length).toBe(4);
  expect(table?.members.size).toBe(5);
  expect(before).toContain('"alice"');
});

describe.each(commandNames)('%s', (name) => {
  test(`[CONN-7] ${name} · the example of the table fits`, () => {
    const { schema, payload } = specimenOf(name);
    expect(schema.safeParse(payload).error?.issues ?? []).toEqual([]);
  });

  test.each(Object.keys(kinds))(`[CONN-7] ${name} · %s → BAD_REQUEST, and nothing changes`, async (kind) => {
    const { owner } = scene.clients;
    const defects = kinds[kind]?.(specimenOf(name)) ?? [];
    const answers = await Promise.all(defects.map(({ payload }) => owner.ask(name, payload)));
    const wrong = defects.flatMap(({ what, names }, index) => {
      const given = verdict(answers[index] as Ack<unknown>);
      return names.some((field) => given === `BAD_REQUEST ${field}`)
        ? []
        : [`${what}: ${given}, not ${names.join(' or ')}`];
    });
    expect(wrong).toEqual([]);
    expect(storedBytes()).toBe(before);
  });

  test(`[CONN-7] ${name} · none, two or half a payload → BAD_REQUEST, and nothing changes`, async () => {
    const { owner } = scene.clients;
    const { payload } = specimenOf(name);
    const bytes = Buffer.from('x');
    const argumentLists = [
      [],
      [payload, payload],
      [payload, null],
      [null, payload],
      [[payload]],
      [bytes],
      [payload, bytes],
    ];
    const answers = await Promise.all(argumentLists.map((args) => owner.ask(name, ...args)));
    expect(answers.map(verdict)).toEqual(argumentLists.map(() => 'BAD_REQUEST '));
    expect(storedBytes()).toBe(before);
  });

  test(`[CONN-7] ${name} · a defect without an ack function gets no answer`, async () => {
    const { owner } = scene.clients;
    const { payload } = specimenOf(name);
    owner.socket.emit(name, { ...payload, extra: true });
    owner.socket.emit(name);
    owner.socket.emit(name, payload, payload);
    // Packets are served in order: once this one is answered, the others have been handled.
    expect(verdict(await owner.ask('no:command'))).toBe('UNKNOWN_EVENT ');
    expect(storedBytes()).toBe(before);
    expect(owner.socket.connected).toBe(true);
  });
});
