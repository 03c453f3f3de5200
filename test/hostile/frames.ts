// The frames of a hostile client, on three levels. The server must tolerate `harmless` pieces: the connection goes on.
// `deadly` pieces may end the connection that sent them. Sends nothing.
import { commandNames } from '../../src/protocol/commands.ts';
import type { Dice } from './dice.ts';
import { connectPacket, frame, opcodes, text } from './raw-connection.ts';

/** One thing to write; it may be several frames. */
export type Piece = (dice: Dice) => readonly Buffer[];

export interface Level {
  readonly harmless: readonly Piece[];
  readonly deadly: readonly Piece[];
}

/** A larger packet ends the connection (CONN-11). */
const PACKET_MAX_BYTES = 16 * 1024;

const one =
  (make: (dice: Dice) => Buffer): Piece =>
  (dice) => [make(dice)];
const textFrame = (make: (dice: Dice) => string): Piece => one((dice) => text(make(dice)));
const control = (opcode: number, payload: Buffer, flags = 0x80) => frame({ opcode, payload, flags });
const closing = (code: number, reason = Buffer.alloc(0)) => {
  const payload = Buffer.alloc(2 + reason.length);
  payload.writeUInt16BE(code);
  reason.copy(payload, 2);
  return control(opcodes.close, payload);
};
const started = (payload: Buffer) => frame({ opcode: opcodes.text, payload, flags: 0 });
const continued = (payload: Buffer, flags = 0x80) => frame({ opcode: opcodes.continuation, payload, flags });
const nothing = Buffer.alloc(0);

/** RFC 6455: frames. The messages inside are engine.io's "pong", which the server accepts at any time. */
export const webSocket: Level = {
  harmless: [
    one((dice) => control(opcodes.ping, dice.bytes(dice.below(126)))),
    one((dice) => control(opcodes.pong, dice.bytes(dice.below(126)))),
    () => [started(nothing), continued(nothing, 0), continued(Buffer.from('3'))],
    (dice) => [started(Buffer.from('3')), control(opcodes.ping, dice.bytes(9)), continued(Buffer.from('probe'))],
    () => [started(Buffer.from('3')), ...Array.from({ length: 20 }, () => continued(nothing, 0)), continued(nothing)],
    textFrame(() => '3'),
  ],
  deadly: [
    one((dice) => dice.bytes(1 + dice.below(2_000))),
    one((dice) =>
      frame({ opcode: opcodes.text, payload: Buffer.from('3'), mask: 'none', flags: dice.pick([0x80, 0]) }),
    ),
    one((dice) =>
      frame({ opcode: dice.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload: dice.bytes(dice.below(20)) }),
    ),
    one((dice) =>
      frame({ opcode: opcodes.text, payload: Buffer.from('3'), flags: dice.pick([0xc0, 0xa0, 0x90, 0xf0, 0x40]) }),
    ),
    one((dice) => {
      const claimedLength = dice.pick([2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 31n, BigInt(PACKET_MAX_BYTES) + 1n]);
      return frame({ opcode: opcodes.text, payload: dice.bytes(30), claimedLength });
    }),
    one(() => text('3'.repeat(PACKET_MAX_BYTES + 1))),
    one((dice) => control(dice.pick([opcodes.ping, opcodes.pong, opcodes.close]), dice.bytes(126 + dice.below(900)))),
    one((dice) => control(dice.pick([opcodes.ping, opcodes.close]), nothing, 0)),
    one((dice) => continued(dice.bytes(5))),
    () => [started(Buffer.from('3')), started(Buffer.from('3'))],
    one((dice) => control(opcodes.close, dice.bytes(1))),
    one((dice) => closing(dice.pick([0, 999, 1004, 1005, 1006, 1015, 1016, 2_999, 5_000, 65_535]))),
    one(() => closing(1000, Buffer.from([0xff, 0xfe]))),
    one((dice) => closing(dice.pick([1000, 1001, 1008, 3000, 4999]), Buffer.from('bye'))),
    one(() => frame({ opcode: opcodes.text, payload: Buffer.from([0x33, 0xc3, 0x28]) })),
    () => [started(Buffer.from('3')), ...Array.from({ length: 20 }, () => continued(Buffer.alloc(1_000, 0x33), 0))],
    one(() => text('')),
  ],
};

/** engine.io: packets, a digit and a body. */
export const engine: Level = {
  harmless: [
    textFrame((dice) => `3${dice.text(dice.below(40))}`),
    textFrame((dice) => `5${dice.text(dice.below(20))}`),
    textFrame((dice) => `6${dice.text(dice.below(20))}`),
    textFrame((dice) => `0{"sid":"${dice.below(9)}","pingInterval":1}`),
  ],
  deadly: [
    textFrame((dice) => dice.pick(['2', '2probe', '1', '7', '8', '9', 'x', '-1', '٣', '\u0000', ' 4'])),
    textFrame((dice) => `b${dice.pick(['', 'AAAA', '====', '\u0000', dice.text(50)])}`),
    one((dice) => frame({ opcode: opcodes.binary, payload: dice.bytes(dice.below(300)) })),
    textFrame((dice) => `4${dice.text(dice.below(60))}`),
    textFrame(
      (dice) =>
        `4${dice.pick(['', '1', '2', '2["room:list"]', '3', '3[]', '4', '4{}', '5', '6', '7', '40', '0null', '0[]'])}`,
    ),
    textFrame(
      (dice) =>
        `40${dice.pick(['', '{}', '{"token":1}', '/admin,', '/admin,{}', `/${'x'.repeat(5_000)},`, '/__proto__,{}'])}`,
    ),
  ],
};

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** Arguments of an event, as JSON text: shapes that are hard for code that parses or walks them. */
const argument = (dice: Dice): string =>
  dice.pick<() => string>([
    () => '{}',
    () => '{"roomId":"bystanders"}',
    () => `{"roomId":"bystanders","commandId":"${dice.below(99)}","seat":${dice.below(9)}}`,
    () => '{"__proto__":{"isAdmin":true},"roomId":"bystanders"}',
    () => '{"roomId":"a","roomId":"bystanders","roomId":{"constructor":{"prototype":1}}}',
    () => '{"roomId":"\\ud800","title":"\\udfff\\u0000"}',
    () => '{"toJSON":1,"toString":1,"valueOf":1,"then":1,"length":-1}',
    () => '{"_placeholder":true,"num":0}',
    () => `{"_placeholder":true,"num":${dice.pick(['1e308', '-1', '99999', '"0"', 'null'])}}`,
    () => JSON.stringify(dice.text(dice.below(60))),
    () => dice.pick(['null', '1e999', '-0', '9007199254740993', 'true', '""', '[]']),
    () => nested(1 + dice.below(50)),
    () => `[${Array.from({ length: dice.below(200) }, () => '0').join()}]`,
  ])();

const eventName = (dice: Dice): string =>
  dice.pick<() => string>([
    () => JSON.stringify(dice.pick(commandNames.filter((name) => !/^room:(create|join)$/.test(name)))),
    () =>
      JSON.stringify(dice.pick(['error', 'message', 'ping', '__proto__', 'constructor', 'toString', 'hasOwnProperty'])),
    () => JSON.stringify(dice.pick(['room:events', 'session:ready', 'session:closing', 'rtc:grant', '', '*', '$'])),
    () => JSON.stringify(dice.text(dice.below(30))),
    () => dice.pick(['0', '-1', '1e21', '1.5']),
  ])();

const ackId = (dice: Dice): string => dice.pick(['', '', String(dice.below(1_000)), '9'.repeat(20), '9'.repeat(400)]);
const args = (dice: Dice): string => Array.from({ length: dice.below(4) }, () => `,${argument(dice)}`).join('');

/** An event whose packet has exactly that many bytes. */
const ofSize = (bytes: number): string => {
  const [head, tail] = ['427["room:leave",{"roomId":"', '"}]'];
  return `${head}${'x'.repeat(bytes - head.length - tail.length)}${tail}`;
};
const attachment = (dice: Dice) => frame({ opcode: opcodes.binary, payload: dice.bytes(dice.below(100)) });

/** Socket.IO: packets on the main namespace of an admitted connection. */
export const socketIo: Level = {
  harmless: [
    textFrame((dice) => `42${ackId(dice)}[${eventName(dice)}${args(dice)}]`),
    textFrame((dice) => `42${ackId(dice)}[${eventName(dice)}${args(dice)}]`),
    textFrame((dice) => `42${ackId(dice)}[${eventName(dice)},${argument(dice)}]`),
    textFrame((dice) => `43${dice.pick(['0', '1', '77', '9'.repeat(30), ''])}[${argument(dice)}]`),
    (dice) => [
      text(`451-${ackId(dice)}[${eventName(dice)},{"roomId":{"_placeholder":true,"num":0}}]`),
      attachment(dice),
    ],
    (dice) => [text('461-5[{"_placeholder":true,"num":0}]'), attachment(dice)],
  ],
  deadly: [
    textFrame(() => connectPacket('x'.repeat(20))),
    textFrame(() => '40'),
    textFrame((dice) => `40/${dice.pick(['x', 'admin', '__proto__', '/'])},`),
    textFrame(() => '44{"message":"no"}'),
    textFrame(() => '41'),
    textFrame((dice) => `42/${dice.pick(['admin', 'x', '__proto__', ''])},["room:leave",{}]`),
    textFrame(
      (dice) =>
        `42[${JSON.stringify(dice.pick(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']))}]`,
    ),
    textFrame(
      (dice) =>
        `42${dice.pick(['', '{}', 'null', '[]', '[null]', '[{}]', '["a"', '-1["a"]', '1e5["a"]', '[["a"]]', '[true]'])}`,
    ),
    textFrame((dice) => `45${dice.pick(['11', '-1', '0', '1e9', '999999999999', '1.5', 'x', ''])}-["a"]`),
    textFrame((dice) => `451-["room:leave",${dice.pick(['1', '{}', '"x"'])}]`),
    (dice) => [
      text(`451-["room:leave",{"_placeholder":true,"num":${dice.pick(['1', '-1', '1e308', '99999'])}}]`),
      attachment(dice),
    ],
    (dice) => [text(`452-["room:leave",{"_placeholder":true,"num":0}]`), attachment(dice), text('42["a"]')],
    one(attachment),
    (dice) => [text(`4510-["room:leave",${nested(7_000)}]`), ...Array.from({ length: 10 }, () => attachment(dice))],
    one(() => text(ofSize(PACKET_MAX_BYTES + 1))),
    textFrame(() => `42["room:leave",${nested(8_100)}`),
  ],
};

/** The largest and the deepest events that fit in a packet; each must be answered. The name is for the failure. */
export const giants: Readonly<Record<string, string>> = {
  'a packet of exactly 16 KiB': ofSize(PACKET_MAX_BYTES),
  'arrays 8,000 deep': `427["room:leave",${nested(8_000)}]`,
  'objects 2,500 deep': `427["room:leave",${objects(2_500)}]`,
  'an array of 8,000': `427["room:leave",[${'0,'.repeat(7_999)}0]]`,
  'an object of 1,600 keys': `427["room:leave",{${Array.from({ length: 1_600 }, (_, key) => `"${key}":0`).join()}}]`,
  'one key 2,700 times': `427["room:leave",{${Array.from({ length: 2_700 }, () => '"a":0').join()}}]`,
  '8,000 arguments': `427["room:leave"${',0'.repeat(8_000)}]`,
  'a name of 16,000 characters': `427["${'x'.repeat(16_000)}"]`,
  'a forbidden key under a long name': `427["room:leave",{"${'k'.repeat(15_000)}":{"__proto__":1}}]`,
};
