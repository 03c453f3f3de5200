// Follows one room over a connection: join, resume, sync, and the user's own requests, invitations and grant.
// @ts-check
import { addMessages, dropMessage, lastMessageId, resumeChat, toChat } from './chat-view.js';
import { newCommandId } from './command-id.js';
import { addMembers, applyAudience, applyUpdates, toAudience, toRoom } from './room-view.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./answer.js').Problem} Problem */
/** @typedef {import('../protocol/snapshot.ts').Grant} Grant */
/** @typedef {import('../protocol/snapshot.ts').You} You */
/** @typedef {import('../protocol/room-events.ts').Update} Update */
/** @typedef {import('./room-view.js').RoomSnapshot} RoomSnapshot */
/** @typedef {{ epoch: string, updates: Update[] }} Packet */
/**
 * The data of a join, a sync or a snapshot: the whole room, or the part that was missed.
 * @typedef {object} RoomData
 * @property {RoomSnapshot} [room]
 * @property {Update[]} [updates]
 * @property {number} [version]
 * @property {RoomSnapshot['audience']} [audience] Beside the updates of a resume.
 * @property {import('./chat-view.js').ChatMessage[]} [messages] Likewise: the chat that was missed,
 * @property {string[]} [deletedMessages] and the ids of deleted messages.
 * @property {You} [you]
 * @property {Grant} [grant]
 */
/**
 * @typedef {object} Place
 * @property {import('./room-view.js').Room} room
 * @property {import('./room-view.js').Audience} audience
 * @property {import('./chat-view.js').Chat} chat
 * @property {{ position?: number } | null} request My own pending request.
 * @property {{ by?: string, seat?: number | null, expiresAt?: number } | null} invitation The invitation to me.
 * @property {Grant & { reason: string }} grant
 */
/**
 * @typedef {object} Deps
 * @property {(name: string, payload: object, receive: (answer: Answer) => void) => void} ask
 * @property {(place: Place | null) => void} onChange
 * @property {(farewell: { reason: string, by?: string, error?: Problem }) => void} onLeft Removed, or refused a rejoin.
 */

const RETRY_MS = 1_000;
/** The largest page there is (PRES-5). */
const MEMBERS_PAGE = 200;
/** The number of pages that one click reads: already more people than a list can usefully show. */
const PAGES_AT_ONCE = 10;

export class RoomClient {
  #deps;
  /** @type {Place | null} */
  #place = null;
  /** Kept for a join after the end of the grace, which needs the password again. */
  #password = '';
  /** Packets that came while a sync is in flight; null: no sync is in flight. */
  #waiting = /** @type {Packet[] | null} */ (null);
  /** The cursor of the next page of members; null: the first page. */
  #membersCursor = /** @type {string | null} */ (null);

  /** @param {Deps} deps */
  constructor(deps) {
    this.#deps = deps;
  }

  get place() {
    return this.#place;
  }

  /**
   * @param {Record<string, unknown>} settings
   * @param {(answer: Answer) => void} done
   */
  create(settings, done) {
    this.relay('room:create', { ...settings, commandId: newCommandId() }, done);
  }

  /**
   * @param {string} roomId
   * @param {string} password
   * @param {(answer: Answer) => void} done
   */
  join(roomId, password, done) {
    this.relay('room:join', { roomId, ...(password ? { password } : {}) }, done);
  }

  /** Joins the room again from the position of the page; called in the connect handler (SYNC-2, PRES-1). */
  rejoin() {
    if (!this.#place) return;
    const { roomId, epoch, version } = this.#place.room;
    const password = this.#password ? { password: this.#password } : {};
    const messageId = lastMessageId(this.#place.chat);
    const resume = { epoch, version, ...(messageId ? { messageId } : {}) };
    this.#waiting = null;
    this.#deps.ask('room:join', { roomId, ...password, resume }, (answer) => {
      if (answer.ok) this.#apply(answer.data);
      else this.#retryOrLeave(answer.error, () => this.rejoin());
    });
  }

  /** @param {(answer: Answer) => void} done */
  leave(done) {
    this.command('room:leave', {}, done);
  }

  /** @param {(answer: Answer) => void} done */
  renewGrant(done) {
    this.command('rtc:renew', {}, done);
  }

  /**
   * Reads the members page by page, `pages` at most; another call goes on from there.
   * @param {(answer: Answer) => void} done Gets the last answer.
   */
  readMembers(done, pages = PAGES_AT_ONCE) {
    const place = this.#place;
    if (!place) return;
    const cursor = this.#membersCursor === null ? {} : { cursor: this.#membersCursor };
    this.command('room:members', { limit: MEMBERS_PAGE, ...cursor }, (answer) => {
      if (!answer.ok || this.#place?.room.roomId !== place.room.roomId) return done(answer);
      this.#membersCursor = answer.data.cursor;
      this.#change({ audience: addMembers(this.#place.audience, answer.data) });
      if (answer.data.cursor === null || pages <= 1) return done(answer);
      this.readMembers(done, pages - 1);
    });
  }

  /**
   * A command in this room; its changes come as events.
   * @param {string} name
   * @param {object} payload
   * @param {(answer: Answer) => void} done
   */
  command(name, payload, done) {
    if (!this.#place) return;
    this.relay(name, { roomId: this.#place.room.roomId, commandId: newCommandId(), ...payload }, done);
  }

  /**
   * Any command, unchanged. If its answer changes the room of the page, the page follows it. The page follows one room
   * only, so the answer of a join to a second room changes nothing.
   * @param {string} name
   * @param {Record<string, any>} payload
   * @param {(answer: Answer) => void} done
   */
  relay(name, payload, done) {
    this.#deps.ask(name, payload, (answer) => {
      if (answer.ok) this.#followAnswer(name, payload, answer.data);
      done(answer);
    });
  }

  forget() {
    this.#place = null;
    this.#waiting = null;
    this.#membersCursor = null;
    this.#deps.onChange(null);
  }

  /**
   * Handles an event of the server, if it concerns this room.
   * @param {string} name
   * @param {any} payload
   */
  onEvent(name, payload) {
    if (!this.#place || (payload.roomId ?? payload.room?.roomId) !== this.#place.room.roomId) return;
    const { roomId: _, status, ...own } = payload;
    switch (name) {
      case 'room:events':
        return this.#follow(payload);
      case 'room:snapshot':
        return this.#apply(payload);
      case 'room:audience':
        return this.#change({ audience: applyAudience(this.#place.audience, payload) });
      case 'room:messages':
        return this.#change({ chat: addMessages(this.#place.chat, payload.messages) });
      case 'message:deleted':
        return this.#change({ chat: dropMessage(this.#place.chat, payload.messageId) });
      case 'request:update':
        return this.#change({ request: status === 'pending' ? own : null });
      case 'invite:update':
        return this.#change({ invitation: status === 'pending' ? own : null });
      case 'rtc:grant':
        return this.#change({ grant: payload });
      case 'room:left':
        return this.#leave(payload);
    }
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} payload
   * @param {any} data
   */
  #followAnswer(name, payload, data) {
    const here = this.#place?.room.roomId;
    if (name === 'room:create' || name === 'room:join') {
      if (!data.room || (here !== undefined && here !== data.room.roomId)) return;
      this.#password = String(payload.password ?? '');
      this.#apply(data);
    } else if (here !== undefined && here === payload.roomId) {
      if (name === 'room:leave') this.forget();
      if (name === 'rtc:renew') this.#change({ grant: { ...data.grant, reason: 'asked for' } });
    }
  }

  /**
   * Shows this data from now on.
   * @param {RoomData} data
   */
  #apply({ room: snapshot, updates, version, audience, messages, deletedMessages, you, grant }) {
    const old = this.#place;
    const own = you ? { request: you.request, invitation: you.invitation } : {};
    const right = grant ? { grant: { ...grant, reason: 'joined' } } : {};
    if (snapshot) {
      this.#waiting = null;
      const known = old?.room.roomId === snapshot.roomId ? old : undefined;
      const audience = toAudience(snapshot.audience, known?.audience);
      const chat = toChat(snapshot.recentMessages, known?.chat);
      const fromSnapshot = { room: toRoom(snapshot), audience, chat };
      return this.#change(/** @type {Place} */ ({ ...old, ...fromSnapshot, ...own, ...right }));
    }
    if (!old || !updates) return;
    const { room } = applyUpdates(old.room, updates);
    const listeners = audience ? { audience: toAudience(audience, old.audience) } : {};
    const missedChat = messages && deletedMessages ? { chat: resumeChat(old.chat, { messages, deletedMessages }) } : {};
    // Versions without events for this user are in no update, so the answer names its last version.
    const reached = { ...room, version: Math.max(room.version, version ?? 0) };
    this.#change({ room: reached, ...listeners, ...missedChat, ...own, ...right });
  }

  /** @param {Packet} packet */
  #follow(packet) {
    if (!this.#place) return;
    if (this.#waiting) {
      this.#waiting.push(packet);
      return;
    }
    if (packet.epoch !== this.#place.room.epoch) return this.#sync();
    const { room, gap } = applyUpdates(this.#place.room, packet.updates);
    if (room !== this.#place.room) this.#change({ room });
    if (gap) this.#sync();
  }

  /** Asks for missed updates; packets that come meanwhile wait (SYNC-2). */
  #sync() {
    /** @type {Packet[]} */
    const waiting = [];
    this.#waiting = waiting;
    const ask = () => {
      // A snapshot or a new join has made this sync useless, or the page has left the room.
      if (!this.#place || this.#waiting !== waiting) return;
      const { roomId, epoch, version } = this.#place.room;
      this.#deps.ask('room:sync', { roomId, epoch, version }, (answer) => {
        if (!this.#place || this.#waiting !== waiting) return;
        if (!answer.ok) return this.#retryOrLeave(answer.error, ask);
        this.#waiting = null;
        this.#apply(answer.data);
        const now = this.#place.room.epoch;
        for (const packet of waiting) if (packet.epoch === now) this.#follow(packet);
      });
    };
    ask();
  }

  /**
   * @param {Problem} error
   * @param {() => void} again
   */
  #retryOrLeave(error, again) {
    // After a broken connection the connect handler joins again, which repairs everything.
    if (error.code === 'NOT_CONNECTED') return;
    if (error.code === 'NO_ANSWER' || error.retryable) setTimeout(again, error.retryAfterMs ?? RETRY_MS);
    else this.#leave({ reason: 'notLetIn', error });
  }

  /** @param {Partial<Place>} change */
  #change(change) {
    this.#place = /** @type {Place} */ ({ ...this.#place, ...change });
    this.#deps.onChange(this.#place);
  }

  /** @param {{ reason: string, by?: string, error?: Problem }} farewell */
  #leave(farewell) {
    this.forget();
    this.#deps.onLeft(farewell);
  }
}
