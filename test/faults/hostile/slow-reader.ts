// A member that reads slowly or not at all: it enters the room normally, then reads a fixed number of bytes a second.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pauseMs } from '../../../bench/monotonic.ts';
import { connectPacket, text } from '../../hostile/raw-connection.ts';
import { portOf } from './idle-sockets.ts';

const READ_EACH_MS = 1_000;
const AGAIN_MS = 200;
const TRIES_MAX = 50;

interface Reading {
  readonly url: string;
  readonly token: string;
  /** The packet to enter with, whose ack has number 0. Without it the greeting is enough. */
  readonly enter: string;
  /** The text that shows that the reader is in. */
  readonly isIn: string;
  readonly bytesPerSecond: number;
}

class BusyError extends Error {}

export class SlowReader {
  readonly #socket: Socket;
  #reading: NodeJS.Timeout | null = null;
  #isEnded = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const onEnd = () => {
      this.#isEnded = true;
    };
    socket.on('close', onEnd);
    socket.on('error', onEnd);
  }

  /** A busy server is asked again. */
  static async enter(reading: Reading): Promise<SlowReader> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      try {
        return await SlowReader.#enterOnce(reading);
      } catch (error) {
        if (!(error instanceof BusyError)) throw error;
        await pauseMs(AGAIN_MS);
      }
    }
    throw new Error('a slow reader was never let in');
  }

  static async #enterOnce({ url, token, enter, isIn, bytesPerSecond }: Reading): Promise<SlowReader> {
    const socket = connect({ host: '127.0.0.1', port: portOf(url) });
    const reader = new SlowReader(socket);
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    const until = async (sign: string) => {
      while (!received.includes(sign)) {
        if (received.startsWith('HTTP/1.1 503')) throw new BusyError();
        if (reader.#isEnded) throw new Error(`a slow reader was not let in: ${received.slice(-200)}`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
    };
    await once(socket, 'connect');
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n' +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await until('"pingInterval"');
    socket.write(text(connectPacket(token)));
    await until('40{"sid"');
    socket.write(text(enter));
    await until(isIn);
    socket.removeAllListeners('data');
    socket.pause();
    received = '';
    if (bytesPerSecond > 0) {
      const read = () => void (socket.read(bytesPerSecond) ?? socket.read());
      reader.#reading = setInterval(read, READ_EACH_MS);
    }
    return reader;
  }

  close(): void {
    if (this.#reading) clearInterval(this.#reading);
    this.#socket.destroy();
  }
}
