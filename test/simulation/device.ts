// One device of a user. It connects, enters rooms and follows them as chapter 2 of SPEC.md asks of clients. It repeats
// unanswered commands under the same commandId (ACK-2).
import type { UserId } from '../../src/protocol/ids.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { Recorder } from '../faults/history.ts';
import { type Asked, Connection, type Heard, roomOf } from './connection.ts';
import type { Dice } from './dice.ts';
import { type FetchedRoom, RoomCopy } from './room-copy.ts';
import type { Schedule } from './schedule.ts';
import type { SimNode } from './sim-node.ts';
import { type Settled, Wishes } from './wish.ts';

export interface DeviceParts {
  readonly name: string;
  readonly userId: string;
  readonly level: number;
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly recorder: Recorder;
  /** A node that takes connections; null without one. */
  readonly balance: () => SimNode | null;
}

/** A room that this device wants to be in. */
interface Place {
  readonly roomId: string;
  copy: RoomCopy | null;
  /** Whether this connection has entered the room. */
  isInside: boolean;
  /** Packets that arrived while an answer about the room is on its way; null otherwise. */
  held: Heard[] | null;
  /** False once the membership has ended finally: only a join that is on its way can enter again. */
  mayReturn: boolean;
}

export class Device {
  readonly name: string;
  readonly userId: string;
  readonly #deps: DeviceParts;
  readonly #places = new Map<string, Place>();
  readonly #leaving = new Set<string>();
  #connection: Connection | null = null;
  #wantsToBeOnline = false;
  readonly #wishes: Wishes;

  constructor(deps: DeviceParts) {
    this.#deps = deps;
    this.name = deps.name;
    this.userId = deps.userId;
    this.#wishes = new Wishes({
      ...deps,
      client: deps.name,
      connection: () => this.#connection,
      onSilence: (connection) => {
        if (this.#connection === connection) this.dropLine('vanishing');
      },
    });
  }

  get isOnline(): boolean {
    return this.#connection !== null;
  }

  get node(): SimNode | null {
    return this.#connection?.node ?? null;
  }

  /** The rooms that it follows now, by id. */
  get copies(): ReadonlyMap<string, RoomCopy> {
    const inside = [...this.#places.values()].filter(({ isInside, copy }) => isInside && copy);
    return new Map(inside.map(({ roomId, copy }) => [roomId, copy as RoomCopy]));
  }

  connect(): void {
    this.#wantsToBeOnline = true;
    if (this.#connection) return;
    const { schedule, dice, userId, level } = this.#deps;
    const node = this.#deps.balance();
    if (!node) return void schedule.in(500, () => this.#comeBack());
    const caller = { userId: userId as UserId, name: `Name of ${userId}`, avatar: '', level };
    const connection: Connection = new Connection({
      schedule,
      dice: dice.fork(),
      node,
      caller,
      events: {
        heard: (packet) => this.#hear(packet),
        ended: () => this.#ended(connection),
      },
    });
    this.#connection = connection;
    for (const { roomId } of this.#places.values()) void this.#enter(roomId);
  }

  /** Goes offline and stays there, orderly or silently. */
  disconnect(how: 'closing' | 'vanishing'): void {
    this.#wantsToBeOnline = false;
    this.dropLine(how);
  }

  /** Loses its connection, and connects again if it wants to be online. */
  dropLine(how: 'closing' | 'vanishing'): void {
    const connection = this.#connection;
    if (!connection) return;
    if (how === 'closing') connection.close();
    else connection.breakSilently();
    this.#ended(connection);
  }

  #ended(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    for (const place of this.#places.values()) this.#goOutside(place);
    this.#wishes.connectionEnded();
    const { schedule, dice } = this.#deps;
    schedule.in(dice.integer(20, 1_500), () => this.#comeBack());
  }

  #comeBack(): void {
    if (this.#wantsToBeOnline && !this.#connection) this.connect();
  }

  /** Wants to be in that room from now on. */
  enter(roomId: string): void {
    // A leave that is still on its way would end the new membership.
    if (this.#places.has(roomId) || this.#leaving.has(roomId)) return;
    this.#places.set(roomId, { roomId, copy: null, isInside: false, held: null, mayReturn: true });
    if (this.#connection) void this.#enter(roomId);
  }

  /** Enters again, as an unsure client does (harmless, ROOM-2). */
  enterAgain(roomId: string): void {
    if (this.#places.has(roomId) && this.#connection) void this.#enter(roomId);
  }

  async leave(roomId: string): Promise<void> {
    const place = this.#places.get(roomId);
    if (!place) return;
    this.#places.delete(roomId);
    this.#goOutside(place);
    this.#leaving.add(roomId);
    const settled = await this.do('room:leave', { roomId });
    this.#leaving.delete(roomId);
    // A device that cannot leave orderly closes its connection.
    if (!settled || (!settled.ok && settled.rejection.retryAfterMs !== undefined)) this.dropLine('closing');
  }

  /** One wish: repeated under one commandId until the answer is final. Resolves with the last outcome. */
  do(name: Asked['name'], payload: object): Promise<Settled> {
    return this.#wishes.insist(name, payload);
  }

  /** Enters, or enters again, until it is inside or the refusal is final. */
  async #enter(roomId: string): Promise<void> {
    const connection = this.#connection;
    const place = this.#places.get(roomId);
    if (!place) return;
    const resume = place.copy ? { resume: place.copy.position } : {};
    await this.#fetch(place, 'room:join', { roomId, ...resume });
    const isCurrent = this.#connection === connection && this.#places.get(roomId) === place;
    if (!isCurrent || place.isInside) return;
    const { schedule, dice } = this.#deps;
    schedule.in(dice.integer(500, 2_000), () => {
      if (this.#connection === connection && this.#places.get(roomId) === place && !place.isInside) {
        void this.#enter(roomId);
      }
    });
  }

  async #sync(place: Place): Promise<void> {
    if (!place.copy || place.held) return;
    await this.#fetch(place, 'room:sync', { roomId: place.roomId, ...place.copy.position });
  }

  /** Requests the room, or the updates that it missed. Packets that arrive meanwhile are applied behind the answer. */
  async #fetch(place: Place, name: 'room:join' | 'room:sync', payload: object): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    place.held ??= [];
    await this.#wishes.try({ name, payload } as Asked, this.#wishes.newId(), (settled) => {
      if (this.#connection !== connection || this.#places.get(place.roomId) !== place) return;
      const held = place.held ?? [];
      place.held = null;
      let isWhole = true;
      if (settled?.ok) isWhole = this.#takeAnswer(place, settled.data as unknown as FetchedRoom, name);
      else if (settled) this.#takeRefusal(place, settled.rejection.code);
      if (!place.isInside && !place.mayReturn) this.#forget(place);
      for (const packet of held) this.#hear(packet);
      if (!isWhole && place.isInside) void this.#sync(place);
    });
  }

  #takeAnswer(place: Place, data: FetchedRoom, name: 'room:join' | 'room:sync'): boolean {
    let isWhole = true;
    if (data.room) this.#takeWhole(place, data.room, data.you);
    else if (place.copy) {
      isWhole = this.#takeUpdates(place, data.epoch, data.updates);
      if (isWhole) place.copy.reach(data.version);
      if (name === 'room:join') place.copy.resume(data.audience, data.you);
    }
    if (name === 'room:join' && !place.isInside) {
      place.isInside = true;
      place.mayReturn = true;
      this.#note({ kind: 'inside', roomId: place.roomId });
    }
    return isWhole;
  }

  #takeRefusal(place: Place, code: string): void {
    if (place.isInside && code === 'NOT_A_MEMBER') this.#goOutside(place);
    const isFinal = ['ROOM_CLOSED', 'ROOM_NOT_FOUND', 'BANNED', 'ROOM_FULL', 'TOO_MANY_ROOMS'].includes(code);
    if (isFinal) this.#forget(place);
  }

  #takeWhole(place: Place, room: FetchedRoom['room'] & object, you: FetchedRoom['you']): void {
    if (place.copy) place.copy.replace(room, you);
    else place.copy = new RoomCopy(room, you);
    this.#note({ kind: 'shown', room });
  }

  #takeUpdates(place: Place, epoch: string, updates: FetchedRoom['updates']): boolean {
    const { copy, roomId } = place;
    if (!copy) return true;
    this.#note({ kind: 'heard', roomId, epoch, as: copy.kind, updates });
    return copy.take(epoch, updates);
  }

  #hear(packet: Heard): void {
    const { event, payload } = packet;
    const roomId = roomOf(packet);
    const place = this.#places.get(roomId);
    if (!place) return;
    // The end of the membership does not wait for the answer.
    if (event === 'room:left') this.#putOut(place, payload as ServerEventPayload<'room:left'>);
    // Nor does a snapshot: the answer that follows it is newer (chapter 2 of SPEC.md).
    else if (event === 'room:snapshot') {
      const { room, you } = payload as ServerEventPayload<'room:snapshot'>;
      this.#takeWhole(place, room, you);
    } else if (place.held) place.held.push(packet);
    else this.#take(place, packet);
  }

  #take(place: Place, { event, payload }: Heard): void {
    switch (event) {
      case 'room:events': {
        const { epoch, updates } = payload as ServerEventPayload<'room:events'>;
        if (!this.#takeUpdates(place, epoch, updates)) void this.#sync(place);
        break;
      }
      case 'room:audience':
        this.#hearAudience(place, payload as ServerEventPayload<'room:audience'>);
        break;
      case 'room:messages':
        this.#hearMessages(place, payload as ServerEventPayload<'room:messages'>);
        break;
    }
  }

  #hearAudience(place: Place, news: ServerEventPayload<'room:audience'>): void {
    place.copy?.hearAudience(news);
    const names = (list: readonly { userId: string }[] = []) => list.map(({ userId }) => userId);
    this.#note({ kind: 'audience', roomId: place.roomId, joined: names(news.joined), left: names(news.left) });
  }

  #hearMessages({ roomId }: Place, { messages }: ServerEventPayload<'room:messages'>): void {
    for (const message of messages) {
      if (message.kind !== 'chat') continue;
      this.#note({ kind: 'said', roomId, messageId: message.messageId, text: message.body.text });
    }
  }

  #putOut(place: Place, { reason }: ServerEventPayload<'room:left'>): void {
    const isEntering = place.held !== null;
    this.#goOutside(place);
    // After `disconnected` a device may come back by itself; after any other reason it must not (PRES-4).
    place.mayReturn = reason === 'disconnected';
    // During a join this is about the session before. The answer shows what became of the device.
    if (isEntering) place.held = [];
    else if (place.mayReturn) void this.#enter(place.roomId);
    else this.#forget(place);
  }

  #goOutside(place: Place): void {
    place.held = null;
    if (!place.isInside) return;
    place.isInside = false;
    this.#note({ kind: 'outside', roomId: place.roomId });
  }

  #forget(place: Place): void {
    this.#goOutside(place);
    this.#places.delete(place.roomId);
  }

  #note(entry: object): void {
    this.#deps.recorder.note({ client: this.name, userId: this.userId, ...entry } as never);
  }
}
