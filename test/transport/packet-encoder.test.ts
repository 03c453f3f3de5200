// Packets are encoded as Socket.IO's own encoder would do it, also snapshots and binary emits of other programs.
import { Encoder, type Packet, PacketType } from 'socket.io-parser';
import { describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { jsonOf } from '../../src/lang/shared-json.ts';
import { packetParser } from '../../src/transport/packet-encoder.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { RoomNode } from '../support/room-node.ts';

const ours = new packetParser.Encoder();
const stock = new Encoder();
const same = (packet: Packet) => expect(ours.encode(packet)).toEqual(stock.encode(structuredClone(packet)));

describe('[ACK-1] packets on the wire', () => {
  test('acks of any content, with and without a namespace', () => {
    for (const data of [
      [{ ok: true, data: { seat: 3, note: undefined } }],
      [],
      [null],
      ['爱丽丝 \u2028 "x"', 1, undefined],
    ]) {
      same({ type: PacketType.ACK, nsp: '/', id: 7, data });
      same({ type: PacketType.ACK, nsp: '/other', id: 0, data });
    }
  });

  test('emits, those of other programs with binary data too, and packets without data', () => {
    same({ type: PacketType.EVENT, nsp: '/', data: ['service:message', { body: { text: '"' } }] });
    same({ type: PacketType.EVENT, nsp: '/', data: ['service:message', { body: new Uint8Array([1, 2]) }] });
    same({ type: PacketType.CONNECT, nsp: '/', data: { sid: 'x' } });
    same({ type: PacketType.CONNECT_ERROR, nsp: '/', data: { message: 'no', data: { code: 'X' } } });
    same({ type: PacketType.DISCONNECT, nsp: '/' });
  });

  test('[SYNC-7] snapshots, as the room changes: never an outdated text', async () => {
    const clock = new ManualClock();
    const node = new RoomNode(createMemoryEngines(clock), clock);
    const owner = node.connect('owner');
    const settings = { title: '厅 "A"', seatMode: 'free' as const, attributes: { theme: 'x' } };
    await owner.do('room:create', { roomId: 'r1', ...settings });
    await node.join('mod', 'r1');
    await owner.do('admin:add', { roomId: 'r1', userId: 'mod' });
    const steps = [
      () => owner.do('seat:take', { roomId: 'r1', seat: 2 }),
      () => owner.do('message:send', { roomId: 'r1', kind: 'chat', body: { text: 'hi\u2028' } }),
      () => owner.do('room:attributes', { roomId: 'r1', set: { theme: 'y', more: '1' } }),
      () => node.join('bob', 'r1'),
      () => owner.do('admin:add', { roomId: 'r1', userId: 'bob' }),
      () => owner.do('seat:lock', { roomId: 'r1', seat: 4 }),
      () => owner.do('room:update', { roomId: 'r1', title: 'B', seatMode: 'request' }),
      () => owner.do('invite:send', { roomId: 'r1', userId: 'bob', seat: 5 }),
      () => owner.do('member:kick', { roomId: 'r1', userId: 'bob' }),
    ];
    const seen = new Set<string>();
    for (const step of steps) {
      await step();
      await runMicrotasks();
      for (const who of ['mod', 'guest']) {
        const data = [{ ok: true, data: await node.connect(who).do('room:join', { roomId: 'r1' }) }];
        expect(jsonOf(data)).toBe(JSON.stringify(data));
        same({ type: PacketType.ACK, nsp: '/', id: 1, data });
        seen.add(JSON.stringify(data));
      }
    }
    expect(seen.size).toBe(2 * steps.length);
    await node.close();
  });
});
