// A client with a seat that switches its microphone on and off until it is stopped. It comes back whenever its server
// stops, and keeps the view of the room that it received.
import { systemClock } from '../../src/ops/clock.ts';
import type { Ack } from '../../src/protocol/socket-events.ts';
import { AppClient, devToken } from '../support/app-client.ts';
import { ClientView } from '../support/client-view.ts';
import { uniqueId } from '../support/stored-room.ts';

/** The pause between two switches: a steady load that one machine can bear. */
const PACE_MS = 50;
const ACK_TIMEOUT_MS = 3_000;

const pause = (): Promise<void> => new Promise((resolve) => void systemClock.after(PACE_MS, resolve));

export class Sitter {
  readonly userId: string;
  readonly #url: () => string;
  readonly #room: { readonly roomId: string };
  #client: AppClient | null = null;
  #view: ClientView | null = null;
  #isOn = true;
  /** The number of acknowledged switches. */
  switched = 0;

  /** `url` may return another server for each connection. */
  constructor(userId: string, { roomId, url }: { readonly roomId: string; readonly url: () => string }) {
    this.userId = userId;
    this.#room = { roomId };
    this.#url = url;
  }

  get view(): ClientView {
    if (!this.#view) throw new Error(`${this.userId} has seen no room`);
    return this.#view;
  }

  /** Switches until `isOver`; each switch is repeated under its commandId until it is acknowledged. */
  async live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      this.#isOn = !this.#isOn;
      await this.insist('mic:set', { on: this.#isOn });
      this.switched++;
      await pause();
    }
  }

  /**
   * Repeats the command, over connections that come and go, until it is carried out. Throws when the refusal is final.
   */
  async insist(name: string, payload: object): Promise<void> {
    const command = { ...this.#room, ...payload, commandId: uniqueId('command') };
    for (;;) {
      const { socket } = this.#client?.socket.connected ? this.#client : await this.#comeBack();
      const answer: Ack<unknown> | null = await socket
        .timeout(ACK_TIMEOUT_MS)
        .emitWithAck(name, command)
        .catch(() => null);
      if (answer?.ok) return;
      const isTemporary = answer === null || answer.error.retryable || answer.error.code === 'NOT_A_MEMBER';
      if (!isTemporary) throw new Error(`${this.userId}: ${name} was refused: ${JSON.stringify(answer.error)}`);
      if (answer?.error.code === 'NOT_A_MEMBER') socket.disconnect();
      await pause();
    }
  }

  /** Comes back if its server has stopped since its last command. */
  async beThere(): Promise<void> {
    if (!this.#client?.socket.connected) await this.#comeBack();
  }

  close(): void {
    this.#client?.close();
  }

  async #comeBack(): Promise<AppClient> {
    for (;;) {
      const entered = await this.#enter().catch(() => null);
      if (entered) return entered;
      await pause();
    }
  }

  async #enter(): Promise<AppClient> {
    this.#client?.close();
    const url = this.#url();
    const token = await devToken(url, { userId: this.userId });
    const client = await new AppClient(url, { token, protocol: '1' }, { reconnection: false }).connect();
    client.socket.on('room:events', ({ updates }) => {
      for (const update of updates) this.view.take(update);
    });
    client.socket.on('room:snapshot', ({ room }) => {
      this.#view = new ClientView(room);
    });
    const resume = this.#view ? { resume: { epoch: this.#view.epoch, version: this.#view.version } } : {};
    const joined = await client.do('room:join', { ...this.#room, ...resume });
    if ('room' in joined && joined.room) this.#view = new ClientView(joined.room);
    else if ('updates' in joined) {
      for (const update of joined.updates) this.view.take(update);
      this.view.version = Math.max(this.view.version, joined.version);
    }
    this.#client = client;
    return client;
  }
}
