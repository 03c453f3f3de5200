// A complete client of one room: it connects, joins, follows the room, sends commands, and resumes after an
// interruption. It needs nothing but socket.io-client. SPEC.md, chapter 2, explains it; test/docs runs it.
import { io } from 'socket.io-client';
import { applyEvent } from './apply-event.mjs';

/** The server answers within 2 s; the rest is the network's time. */
const ACK_TIMEOUT_MS = 8_000;
const RETRY_MS = 1_000;
const TRIES_MAX = 10;

/**
 * Connects and joins. `getToken({ isExpired })` returns a JWT, or a promise of one. `onChange(room, you)` gets every
 * new state and `onGrant(grant)` every grant. `onEntered(how)` gets `snapshot` or `resumed`. `onLeft(reason)` reports
 * the end of the membership, and `onRefused(error)` a final refusal of the connection.
 */
export function joinRoom({ url, roomId, getToken, onChange, onGrant, onEntered, onLeft, onRefused }) {
  let room = null;
  let you = null;
  /** Packets that arrive while a join or a sync is on its way; null: none is. */
  let waiting = null;
  /** `outside` until a join is answered and after an interruption; `inside`; `gone`: the membership is over. */
  let place = 'outside';
  const whenDecided = [];
  let token = getToken({ isExpired: false });

  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    // Called for every attempt, so that a new token is used as soon as there is one.
    auth: (give) => Promise.resolve(token).then((text) => give({ token: text, protocol: '1' })),
  });

  // The first time, and after every interruption.
  socket.on('connect', () => place !== 'gone' && enter());
  socket.on('disconnect', () => {
    if (place === 'inside') place = 'outside';
    waiting = null;
  });
  socket.on('connect_error', (error) => {
    if (socket.active) return; // A refusal for now: Socket.IO tries again by itself.
    if (error.data?.code !== 'TOKEN_EXPIRED') return onRefused?.(error.data);
    token = getToken({ isExpired: true });
    socket.connect();
  });
  socket.on('session:closing', ({ code, reconnect }) => reconnect === 'never' && leave(code));
  socket.on('session:expiring', async () => {
    token = getToken({ isExpired: true });
    ask('session:renew', { token: await token }, () => undefined);
  });

  socket.on('room:events', (packet) => packet.roomId === roomId && hear(packet));
  socket.on('room:snapshot', (whole) => whole.room.roomId === roomId && replace(whole));
  socket.on('rtc:grant', (grant) => grant.roomId === roomId && onGrant?.(grant));
  socket.on('room:left', ({ roomId: id, reason }) => {
    if (id !== roomId) return;
    // The grace had ended: the client may join again. After any other reason it must not.
    if (reason === 'disconnected') enter();
    else leave(reason);
  });

  function ask(name, payload, receive) {
    if (!socket.connected) return receive({ ok: false, error: { code: 'NOT_CONNECTED', retryable: true } });
    socket.timeout(ACK_TIMEOUT_MS).emit(name, payload, (silence, answer) => {
      receive(silence ? { ok: false, error: { code: 'OUTCOME_UNKNOWN', retryable: true } } : answer);
    });
  }

  const position = () => ({ epoch: room.epoch, version: room.version });
  const enter = () => fetchRoom('room:join', () => (room ? { roomId, resume: position() } : { roomId }));
  const sync = () => fetchRoom('room:sync', () => ({ roomId, ...position() }));

  /** Asks for the room or for what was missed of it. What arrives meanwhile waits, and is applied after the answer. */
  function fetchRoom(name, payload) {
    const mine = [];
    waiting = mine;
    ask(name, payload(), (answer) => {
      // A newer join or sync has taken over.
      if (waiting !== mine) return;
      if (!answer.ok) return failed(answer.error, () => waiting === mine && fetchRoom(name, payload));
      waiting = null;
      receiveRoom(answer.data);
      for (const packet of mine) hear(packet);
      if (name === 'room:join') entered(answer.data);
    });
  }

  function receiveRoom(data) {
    if (data.room) return replace(data);
    you = data.you ?? you;
    // The last versions may hold nothing that this member may see: the answer says how far it reaches.
    if (apply(data) && data.epoch === room.epoch) room = { ...room, version: Math.max(room.version, data.version) };
    onChange?.(room, you);
  }

  function replace(whole) {
    ({ room, you } = whole);
    onChange?.(room, you);
  }

  function entered({ room: whole, grant }) {
    decide('inside');
    onGrant?.(grant);
    onEntered?.(whole ? 'snapshot' : 'resumed');
  }

  function leave(reason) {
    waiting = null;
    room = null;
    decide('gone');
    onLeft?.(reason);
  }

  function decide(next) {
    place = next;
    for (const goOn of whenDecided.splice(0)) goOn();
  }

  function failed(error, again) {
    // After an interruption the `connect` handler joins again.
    if (error.code === 'NOT_CONNECTED') return;
    if (error.retryable) setTimeout(again, error.retryAfterMs ?? RETRY_MS);
    else leave(error.code);
  }

  function hear(packet) {
    if (waiting) waiting.push(packet);
    else if (room && apply(packet)) onChange?.(room, you);
  }

  /** SYNC-1: skips what is known, applies what follows, and asks for what is missing. True when nothing is missing. */
  function apply({ epoch, updates }) {
    for (const { after, version, events } of updates) {
      if (epoch === room.epoch && version <= room.version) continue;
      if (epoch !== room.epoch || after > room.version) {
        sync();
        return false;
      }
      room = { ...events.reduce(applyEvent, room), version };
    }
    return true;
  }

  /** Resolves with the answer. While the outcome is not known, it repeats the command under the same id (ACK-2). */
  async function command(name, payload = {}) {
    const numbered = { roomId, commandId: crypto.randomUUID(), ...payload };
    for (let tries = 1; ; tries++) {
      if (place === 'outside') await new Promise((resolve) => whenDecided.push(resolve));
      if (place === 'gone') return { ok: false, error: { code: 'NOT_A_MEMBER', retryable: false } };
      const answer = await new Promise((resolve) => ask(name, numbered, resolve));
      if (answer.ok || !answer.error.retryable || tries >= TRIES_MAX) return answer;
      await new Promise((resolve) => setTimeout(resolve, answer.error.retryAfterMs ?? RETRY_MS));
    }
  }

  return {
    socket,
    command,
    get room() {
      return room;
    },
    get you() {
      return you;
    },
    close: () => socket.disconnect(),
  };
}
