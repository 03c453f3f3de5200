// Users who come and go while a scene runs: broken connections, short visits, and rooms that open and close.
import { pauseMs } from '../../bench/monotonic.ts';
import { FaultClient } from './client.ts';
import { within } from './deadline.ts';
import { Recorder } from './history.ts';
import type { Party } from './load.ts';
import type { Scene } from './scene.ts';

const STEP_MS = 1_000;
/** In steps: in each step a connection of the scene breaks. */
const VISITOR_EACH = 2;
const ROOM_EACH = 5;
/** The longest time for entering, or for closing a room. */
const PATIENCE_MS = 60_000;

export class Churn {
  readonly #scene: Scene;
  readonly #dice: (below: number) => number;
  readonly #name: string;
  readonly #guests = new Set<Promise<void>>();
  /** Users that could not enter, or could not end what they had begun. */
  readonly findings: string[] = [];
  #steps = 0;
  #isOn = true;
  readonly #loop: Promise<void>;
  visitors = 0;
  rooms = 0;

  /** Goes on until it is stopped. Users and rooms are named after it, so a later churn needs another name. */
  constructor(scene: Scene, { dice, name }: { readonly dice: (below: number) => number; readonly name: string }) {
    this.#scene = scene;
    this.#dice = dice;
    this.#name = name;
    this.#loop = this.#run();
  }

  /** Resolves when the last guest has left. */
  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#loop;
    await Promise.all(this.#guests);
  }

  async #run(): Promise<void> {
    for (; this.#isOn; this.#steps++) {
      this.#oneOf(this.#scene.clients).breakOff();
      if (this.#steps % VISITOR_EACH === 0) this.#receive(this.#visit(this.#oneOf(this.#scene.parties)));
      if (this.#steps % ROOM_EACH === 0) this.#receive(this.#passingRoom());
      await pauseMs(STEP_MS);
    }
  }

  #receive(guest: Promise<void>): void {
    const done = guest.catch((error: Error) => void this.findings.push(error.message));
    this.#guests.add(done);
    void done.finally(() => this.#guests.delete(done));
  }

  async #visit({ roomId }: Party): Promise<void> {
    const visitor = this.#client(`${roomId}-${this.#name}-v${++this.visitors}`, {
      roomId,
      recorder: this.#scene.recorder,
    });
    try {
      await within(visitor.enter(), `${visitor.userId} let in`, PATIENCE_MS);
      await visitor.wish('message:send', { kind: 'chat', body: { text: `${visitor.userId} looks in` } });
    } finally {
      visitor.close();
    }
  }

  /** Its record is not judged: the room is only opened and closed. */
  async #passingRoom(): Promise<void> {
    const roomId = `passing-${process.pid}-${this.#name}-${++this.rooms}`;
    const recorder = new Recorder(() => 0);
    const owner = this.#client(`${roomId}-owner`, { roomId, recorder });
    const guest = this.#client(`${roomId}-guest`, { roomId, recorder });
    try {
      await within(owner.enter({ title: roomId, seatMode: 'free', seatCount: 3 }), `${roomId} opened`, PATIENCE_MS);
      await within(guest.enter(), `${guest.userId} let in`, PATIENCE_MS);
      await guest.wish('seat:take', {});
      guest.close();
      const answer = await owner.wish('room:close', {}, PATIENCE_MS);
      const isClosed = answer?.ok || answer?.error.code === 'ROOM_NOT_FOUND' || answer?.error.code === 'ROOM_CLOSED';
      if (!isClosed) throw new Error(`${roomId} could not be closed: ${JSON.stringify(answer)}`);
    } finally {
      guest.close();
      owner.close();
    }
  }

  #client(userId: string, { roomId, recorder }: { readonly roomId: string; readonly recorder: Recorder }) {
    const { directory } = this.#scene.cluster;
    return new FaultClient({ userId, roomId, directory, recorder, home: directory.pick() });
  }

  #oneOf<One>(many: readonly One[]): One {
    return many[this.#dice(many.length)] as One;
  }
}
