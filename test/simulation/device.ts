// One device of a user. It connects, enters rooms and follows them as chapter 2 of SPEC.md asks of clients. It repeats
// unanswered commands under the same commandId (ACK-2).
import type { UserId } from '../../src/protocol/ids.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { Recorder } from '../faults/history.ts';
import { Connection, type Packet, type Request, roomOf } from './connection.ts';
import type { Dice } from './dice.ts';
import { type FetchedRoom, RoomCopy } from './room-copy.ts';
import type { Schedule } from './schedule.ts';
import type { SimNode } from './sim-node.ts';
import { type MaybeOutcome, Wishes } from './wish.ts';

export interface DeviceDeps {
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
interface FollowedRoom {
  readonly roomId: string;
  copy: RoomCopy | null;
  /** Whether this connection has entered the room. */
  isInside: boolean;
  /** Packets that arrived while an answer about the room is on its way; null otherwise. */
  buffered: Packet[] | null;
  /** False once the membership has ended finally: only a join that is on its way can enter again. */
  mayReturn: boolean;
}

export class Device {
  readonly name: string;
  readonly userId: string;
  readonly #deps: DeviceDeps;
  readonly #followedRooms = new Map<string, FollowedRoom>();
  readonly #leaving = new Set<string>();
  #connection: Connection | null = null;
  #wantsToBeOnline = false;
  readonly #wishes: Wishes;

  constructor(deps: DeviceDeps) {
    this.#deps = deps;
    this.name = deps.name;
    this.userId = deps.userId;
    this.#wishes = new Wishes({
      ...deps,
      client: deps.name,
      connection: () => this.#connection,
      onSilence: (connection) => {
        if (this.#connection === connection) this.dropConnection('vanishing');
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
    const inside = [...this.#followedRooms.values()].filter(({ isInside, copy }) => isInside && copy);
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
        received: (packet) => this.#receive(packet),
        ended: () => this.#ended(connection),
      },
    });
    this.#connection = connection;
    for (const { roomId } of this.#followedRooms.values()) void this.#enter(roomId);
  }

  /** Goes offline and stays there, orderly or silently. */
  disconnect(how: 'closing' | 'vanishing'): void {
    this.#wantsToBeOnline = false;
    this.dropConnection(how);
  }

  /** Loses its connection, and connects again if it wants to be online. */
  dropConnection(how: 'closing' | 'vanishing'): void {
    const connection = this.#connection;
    if (!connection) return;
    if (how === 'closing') connection.close();
    else connection.breakSilently();
    this.#ended(connection);
  }

  #ended(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    for (const followed of this.#followedRooms.values()) this.#goOutside(followed);
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
    if (this.#followedRooms.has(roomId) || this.#leaving.has(roomId)) return;
    this.#followedRooms.set(roomId, { roomId, copy: null, isInside: false, buffered: null, mayReturn: true });
    if (this.#connection) void this.#enter(roomId);
  }

  /** Enters again, as an unsure client does (harmless, ROOM-2). */
  enterAgain(roomId: string): void {
    if (this.#followedRooms.has(roomId) && this.#connection) void this.#enter(roomId);
  }

  async leave(roomId: string): Promise<void> {
    const followed = this.#followedRooms.get(roomId);
    if (!followed) return;
    this.#followedRooms.delete(roomId);
    this.#goOutside(followed);
    this.#leaving.add(roomId);
    const outcome = await this.do('room:leave', { roomId });
    this.#leaving.delete(roomId);
    // A device that cannot leave orderly closes its connection.
    if (!outcome || (!outcome.ok && outcome.rejection.retryAfterMs !== undefined)) this.dropConnection('closing');
  }

  /** One wish: repeated under one commandId until the answer is final. Resolves with the last outcome. */
  do(name: Request['name'], payload: object): Promise<MaybeOutcome> {
    return this.#wishes.insist(name, payload);
  }

  /** Enters, or enters again, until it is inside or the refusal is final. */
  async #enter(roomId: string): Promise<void> {
    const connection = this.#connection;
    const followed = this.#followedRooms.get(roomId);
    if (!followed) return;
    const resume = followed.copy ? { resume: followed.copy.position } : {};
    await this.#fetch(followed, 'room:join', { roomId, ...resume });
    const isCurrent = this.#connection === connection && this.#followedRooms.get(roomId) === followed;
    if (!isCurrent || followed.isInside) return;
    const { schedule, dice } = this.#deps;
    schedule.in(dice.integer(500, 2_000), () => {
      if (this.#connection === connection && this.#followedRooms.get(roomId) === followed && !followed.isInside) {
        void this.#enter(roomId);
      }
    });
  }

  async #sync(followed: FollowedRoom): Promise<void> {
    if (!followed.copy || followed.buffered) return;
    await this.#fetch(followed, 'room:sync', { roomId: followed.roomId, ...followed.copy.position });
  }

  /** Requests the room, or the updates that it missed. Packets that arrive meanwhile are applied behind the answer. */
  async #fetch(followed: FollowedRoom, name: 'room:join' | 'room:sync', payload: object): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    followed.buffered ??= [];
    await this.#wishes.try({ name, payload } as Request, this.#wishes.newId(), (outcome) => {
      if (this.#connection !== connection || this.#followedRooms.get(followed.roomId) !== followed) return;
      const buffered = followed.buffered ?? [];
      followed.buffered = null;
      let isComplete = true;
      if (outcome?.ok) isComplete = this.#applyAnswer(followed, outcome.data as unknown as FetchedRoom, name);
      else if (outcome) this.#applyRefusal(followed, outcome.rejection.code);
      if (!followed.isInside && !followed.mayReturn) this.#forget(followed);
      for (const packet of buffered) this.#receive(packet);
      if (!isComplete && followed.isInside) void this.#sync(followed);
    });
  }

  #applyAnswer(followed: FollowedRoom, data: FetchedRoom, name: 'room:join' | 'room:sync'): boolean {
    let isComplete = true;
    if (data.room) this.#applySnapshot(followed, data.room, data.you);
    else if (followed.copy) {
      isComplete = this.#applyUpdates(followed, data.epoch, data.updates);
      if (isComplete) followed.copy.advanceTo(data.version);
      if (name === 'room:join') followed.copy.resume(data.audience, data.you);
    }
    if (name === 'room:join' && !followed.isInside) {
      followed.isInside = true;
      followed.mayReturn = true;
      this.#note({ kind: 'inside', roomId: followed.roomId });
    }
    return isComplete;
  }

  #applyRefusal(followed: FollowedRoom, code: string): void {
    if (followed.isInside && code === 'NOT_A_MEMBER') this.#goOutside(followed);
    const isFinal = ['ROOM_CLOSED', 'ROOM_NOT_FOUND', 'BANNED', 'ROOM_FULL', 'TOO_MANY_ROOMS'].includes(code);
    if (isFinal) this.#forget(followed);
  }

  #applySnapshot(followed: FollowedRoom, room: FetchedRoom['room'] & object, you: FetchedRoom['you']): void {
    if (followed.copy) followed.copy.replace(room, you);
    else followed.copy = new RoomCopy(room, you);
    this.#note({ kind: 'snapshot', room });
  }

  #applyUpdates(followed: FollowedRoom, epoch: string, updates: FetchedRoom['updates']): boolean {
    const { copy, roomId } = followed;
    if (!copy) return true;
    this.#note({ kind: 'updates', roomId, epoch, as: copy.kind, updates });
    return copy.take(epoch, updates);
  }

  #receive(packet: Packet): void {
    const { event, payload } = packet;
    const roomId = roomOf(packet);
    const followed = this.#followedRooms.get(roomId);
    if (!followed) return;
    // The end of the membership does not wait for the answer.
    if (event === 'room:left') this.#onRoomLeft(followed, payload as ServerEventPayload<'room:left'>);
    // Nor does a snapshot: the answer that follows it is newer (chapter 2 of SPEC.md).
    else if (event === 'room:snapshot') {
      const { room, you } = payload as ServerEventPayload<'room:snapshot'>;
      this.#applySnapshot(followed, room, you);
    } else if (followed.buffered) followed.buffered.push(packet);
    else this.#applyPacket(followed, packet);
  }

  #applyPacket(followed: FollowedRoom, { event, payload }: Packet): void {
    switch (event) {
      case 'room:events': {
        const { epoch, updates } = payload as ServerEventPayload<'room:events'>;
        if (!this.#applyUpdates(followed, epoch, updates)) void this.#sync(followed);
        break;
      }
      case 'room:audience':
        this.#applyAudience(followed, payload as ServerEventPayload<'room:audience'>);
        break;
      case 'room:messages':
        this.#noteMessages(followed, payload as ServerEventPayload<'room:messages'>);
        break;
    }
  }

  #applyAudience(followed: FollowedRoom, news: ServerEventPayload<'room:audience'>): void {
    followed.copy?.applyAudience(news);
    const names = (list: readonly { userId: string }[] = []) => list.map(({ userId }) => userId);
    this.#note({ kind: 'audience', roomId: followed.roomId, joined: names(news.joined), left: names(news.left) });
  }

  #noteMessages({ roomId }: FollowedRoom, { messages }: ServerEventPayload<'room:messages'>): void {
    for (const message of messages) {
      if (message.kind !== 'chat') continue;
      this.#note({ kind: 'message', roomId, messageId: message.messageId, text: message.body.text });
    }
  }

  #onRoomLeft(followed: FollowedRoom, { reason }: ServerEventPayload<'room:left'>): void {
    const isEntering = followed.buffered !== null;
    this.#goOutside(followed);
    // After `disconnected` a device may come back by itself; after any other reason it must not (PRES-4).
    followed.mayReturn = reason === 'disconnected';
    // During a join this is about the session before. The answer shows what became of the device.
    if (isEntering) followed.buffered = [];
    else if (followed.mayReturn) void this.#enter(followed.roomId);
    else this.#forget(followed);
  }

  #goOutside(followed: FollowedRoom): void {
    followed.buffered = null;
    if (!followed.isInside) return;
    followed.isInside = false;
    this.#note({ kind: 'outside', roomId: followed.roomId });
  }

  #forget(followed: FollowedRoom): void {
    this.#goOutside(followed);
    this.#followedRooms.delete(followed.roomId);
  }

  #note(entry: object): void {
    this.#deps.recorder.note({ client: this.name, userId: this.userId, ...entry } as never);
  }
}
