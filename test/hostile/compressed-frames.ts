// Frames of a hostile client that has negotiated compression, on a level as in frames.ts. Sends nothing.
import { constants, deflateRawSync } from 'node:zlib';
import type { Dice } from './dice.ts';
import type { Level } from './frames.ts';
import { deflated, FIN, frame, opcodes, RSV1, squeezed, text } from './raw-connection.ts';

const nothing = Buffer.alloc(0);
const whole = (payload: Buffer, opcode: number = opcodes.text) => frame({ opcode, payload, flags: FIN | RSV1 });
const started = (payload: Buffer) => frame({ opcode: opcodes.text, payload, flags: RSV1 });
const continued = (payload: Buffer, flags = 0) => frame({ opcode: opcodes.continuation, payload, flags });
const ping = (dice: Dice) => frame({ opcode: opcodes.ping, payload: dice.bytes(dice.below(126)) });

/** engine.io's "pong" with random text behind it; the server accepts it at any time. */
const pong = (dice: Dice): string => `3${dice.text(dice.below(400))}`;

/** A compressed message in up to 20 frames, some of them empty, with pings in between. */
function inPieces(payload: Buffer, dice: Dice): Buffer[] {
  const cuts = Array.from({ length: dice.below(20) }, () => dice.below(payload.length + 1)).sort((a, b) => a - b);
  const edges = [0, ...cuts, payload.length];
  const pieces = edges.slice(1).map((edge, index) => payload.subarray(edges[index], edge));
  return pieces.flatMap((piece, index) => {
    const part = index === 0 ? started(piece) : continued(piece);
    return dice.below(3) === 0 ? [part, ping(dice)] : [part];
  });
}

/** A valid message with some bits flipped; zlib decides what it is. */
function damaged(dice: Dice): Buffer {
  const payload = deflated(pong(dice));
  for (let count = 1 + dice.below(4); count > 0; count--) {
    const index = dice.below(payload.length);
    payload[index] = (payload[index] as number) ^ (1 << dice.below(8));
  }
  return payload;
}

const bombs = [1, 5, 15].map((mebibytes) => deflated(Buffer.alloc(mebibytes * 1024 * 1024, '3')));

export const compressed: Level = {
  harmless: [
    (dice) => [squeezed(pong(dice))],
    (dice) => [squeezed(pong(dice)), text('3'), squeezed('3')],
    (dice) => [...inPieces(deflated(pong(dice)), dice), continued(nothing, FIN)],
    (dice) => [
      started(nothing),
      ...Array.from({ length: dice.below(30) }, () => continued(nothing)),
      ping(dice),
      continued(deflated('3'), FIN),
    ],
    (dice) => [whole(deflateRawSync(pong(dice)))],
    (dice) => [whole(deflateRawSync(pong(dice), { level: dice.below(10), finishFlush: constants.Z_SYNC_FLUSH }))],
    (dice) => Array.from({ length: dice.below(60) }, () => squeezed('3')),
    () => [squeezed('3'.repeat(16 * 1024))],
  ],
  deadly: [
    (dice) => [whole(dice.bytes(1 + dice.below(300)))],
    (dice) => [whole(damaged(dice))],
    (dice) => [...inPieces(damaged(dice), dice), continued(nothing, FIN)],
    (dice) => [whole(deflated(pong(dice)).subarray(0, dice.below(20)))],
    (dice) => [whole(dice.pick(bombs)), squeezed('3')],
    (dice) => [...inPieces(dice.pick(bombs), dice), continued(nothing, FIN)],
    (dice) => Array.from({ length: 20 }, () => whole(dice.pick(bombs))),
    (dice) => [whole(dice.pick(bombs), opcodes.binary)],
    () => [squeezed('3'.repeat(16 * 1024 + 1))],
    () => [squeezed('')],
    () => [whole(nothing)],
    (dice) => [started(dice.bytes(20)), continued(dice.bytes(20), RSV1 | FIN)],
    (dice) => [started(deflated(pong(dice)))],
    (dice) => [started(nothing), squeezed(pong(dice))],
    (dice) => [whole(dice.bytes(dice.below(126)), dice.pick([opcodes.ping, opcodes.pong, opcodes.close]))],
    (dice) => [frame({ opcode: opcodes.text, payload: deflated('3'), flags: dice.pick([0xe0, 0xd0, 0xf0]) })],
    (dice) => [whole(deflated(Buffer.concat([Buffer.from('3'), dice.bytes(40), Buffer.from([0xff])])))],
    () => Array.from({ length: 20_000 }, () => continued(nothing)).toSpliced(0, 1, started(nothing)),
  ],
};
