// A user with a real client that goes to another node whenever its connection ends, as an app's client does. It joins
// the same room again and repeats unanswered commands under the same id.
import { type AppClient, connectAs } from '../support/app-client.ts';

export interface Target {
  readonly roomId: string;
  /** The nodes that can be connected to now. */
  readonly urls: () => readonly string[];
}

const CONNECTION_ENDED = 'the connection ended';

export class Roamer {
  readonly name: string;
  readonly #target: Target;
  #client: Promise<AppClient>;
  #turn: number;
  #isDone = false;
  /** All connections that the user has had. */
  readonly clients: AppClient[] = [];
  /** How long the user was without a room, each time, ms. */
  readonly gapsMs: number[] = [];
  /** How often the user came back without the seat from before. */
  lostSeats = 0;
  seat: number | null = null;

  constructor(name: string, target: Target, turn: number) {
    this.name = name;
    this.#target = target;
    this.#turn = turn;
    this.#client = this.#enter();
  }

  /** Resolves once the user is in the room. */
  async here(): Promise<AppClient> {
    return this.#client;
  }

  async #enter(): Promise<AppClient> {
    for (;;) {
      try {
        return await this.#attempt();
      } catch (error) {
        if (this.#isDone) throw error;
        // That node is stopping, or dead: the next one.
      }
    }
  }

  async #attempt(): Promise<AppClient> {
    const urls = this.#target.urls();
    const client = await connectAs(urls[this.#turn++ % urls.length] as string, this.name);
    const ended = new Promise<never>((_, reject) =>
      client.socket.once('disconnect', () => reject(new Error(CONNECTION_ENDED))),
    );
    ended.catch(() => undefined);
    const joining = client.ask('room:join', { roomId: this.#target.roomId });
    const answer = await Promise.race([joining, ended]);
    if (!answer.ok) {
      client.close();
      throw new Error(answer.error.code);
    }
    const { you } = answer.data as { you: { seat: number | null } };
    if (this.seat !== null && you.seat !== this.seat) this.lostSeats++;
    this.clients.push(client);
    client.socket.once('disconnect', () => this.#moveOn());
    if (!client.socket.connected) throw new Error(CONNECTION_ENDED);
    return client;
  }

  #moveOn(): void {
    if (this.#isDone) return;
    const endedAt = performance.now();
    this.#client = this.#enter();
    this.#client.then(
      () => this.gapsMs.push(performance.now() - endedAt),
      () => undefined,
    );
  }

  /** The data of the command's answer, however often it has to be repeated. */
  async do(name: string, payload: Record<string, unknown>): Promise<Record<string, unknown>> {
    for (;;) {
      const client = await this.#client;
      const ended = new Promise<null>((resolve) => client.socket.once('disconnect', () => resolve(null)));
      const answer = client.socket.connected ? await Promise.race([client.ask(name, payload), ended]) : null;
      if (answer?.ok) return answer.data as Record<string, unknown>;
      if (answer && !answer.error.retryable && answer.error.code !== 'NOT_A_MEMBER') {
        throw new Error(`${name} was refused: ${JSON.stringify(answer.error)}`);
      }
    }
  }

  async leave(): Promise<void> {
    this.#isDone = true;
    (await this.#client).close();
  }

  /** The users that were reported to have left the room, on all connections. */
  get reportedLeaves(): string[] {
    return this.clients.flatMap((client) =>
      client.payloadsOf('room:audience').flatMap(({ left = [] }) => left.map((one) => String(one))),
    );
  }
}
