// A member that repeats one harmless command as long as it is answered, and how its connection ended.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { type RawConnection, text } from '../../hostile/raw-connection.ts';
import { admitted } from './knocking.ts';

const ASK_EACH_MS = 20;

interface Asking {
  readonly url: string;
  readonly token: string;
  readonly roomId: string;
}

export interface Ended {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** The code of `session:closing`; empty without one. */
  readonly code: string;
  /** When the last accepted command was sent; the server took it a little later. */
  readonly acceptedAt: number;
}

export class TokenUser {
  /** Resolves when the connection ends. */
  readonly ended: Promise<Ended>;
  readonly #connection: RawConnection;
  #acceptedAt = 0;
  #isOver = false;

  private constructor(connection: RawConnection, roomId: string) {
    this.#connection = connection;
    this.ended = connection.dismissed.then(() => {
      const at = monotonicMs();
      this.#isOver = true;
      const closing = connection.texts.findLast((message) => message.includes('session:closing'));
      const [, code = ''] = /"code":"([A-Z_]+)"/.exec(closing ?? '') ?? [];
      return { at, code, acceptedAt: this.#acceptedAt };
    });
    void this.#askOn(roomId);
  }

  /** Resolves once in the room; rejects when the user is not let in. */
  static async enter({ url, token, roomId }: Asking): Promise<TokenUser> {
    const connection = await admitted(url, token);
    connection.write([text(`421["room:join",{"roomId":"${roomId}"}]`)]);
    const answer = await connection.received((message) => message.startsWith('431['));
    if (!answer?.startsWith('431[{"ok":true')) throw new Error(`a user was not let in: ${answer ?? 'gone'}`);
    return new TokenUser(connection, roomId);
  }

  close(): void {
    this.#connection.destroy();
  }

  async #askOn(roomId: string): Promise<void> {
    for (let id = 2; !this.#isOver; id++) {
      const askedAt = monotonicMs();
      this.#connection.write([text(`42${id}["room:members",{"roomId":"${roomId}","limit":1}]`)]);
      const answer = await this.#connection.received((message) => message.startsWith(`43${id}[`));
      if (answer?.startsWith(`43${id}[{"ok":true`)) this.#acceptedAt = askedAt;
      await pauseMs(ASK_EACH_MS);
    }
  }
}
