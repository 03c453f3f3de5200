// The mutants of the way out: outbox, frames, wires, compression, the cap on chat. Part of tools/mutants-list.mjs.

const outbox = '--project fast test/fanout';
const wires = '--project fast test/transport/wire.test.ts';
const compression = '--project fast test/transport/compress';
const slow = '--project fast test/transport/connections-socketio.slow-consumer.test.ts';
const memory = '--project fast test/store/memory-engine.test.ts';
const queue = '--project fast test/rooms/chat/message-batcher.test.ts';
const pages = '--project fast test/rooms/commands/room-queries.pages.test.ts';

const gathering = (name, from, to) => ({ name, file: 'src/delivery/outbox.ts', from, to, tests: outbox });
const lagging = (name, from, to) => ({ name, file: 'src/delivery/slow-consumers.ts', from, to, tests: outbox });
const wire = (name, from, to) => ({ name, file: 'src/transport/wire.ts', from, to, tests: wires });
const deflating = (name, from, to) => ({ name, file: 'src/transport/compression.ts', from, to, tests: compression });

export const fanoutMutants = [
  deflating('compression: for all who offer it', `if (!ASKED.test(request.url ?? ''))`, 'if (false)'),
  deflating('compression: by ws as well', 'threshold: Number.POSITIVE_INFINITY', 'threshold: 1024'),
  deflating(
    'compression: an inflater for each',
    'inflateStatelessly(insidesOf(websocket), this.#messageMaxBytes);',
    '',
  ),
  deflating('compression: within the tick', 'setImmediate(() => {', '[0].forEach(() => {'),
  deflating('compression: shared whatever the window', '?? SHARED_WINDOW_BITS) === SHARED_WINDOW_BITS', '?? 15) > 0'),
  gathering('outbox: who joins is sent what waits', 'heard: this.#said, index', 'heard: 0, index'),
  gathering('outbox: what waits is heard twice', 'recipient.heard >= batch.end || ', ''),
  {
    name: 'outbox: whoever turns to another history misses the old one',
    file: 'src/delivery/recipient.ts',
    from: 'this.#outbox.turn(this);\n    this.#hearing',
    to: 'this.#hearing',
    tests: outbox,
  },
  gathering('outbox: words for one alone overtake', 'this.catchUp(recipient);\n    for (const say', 'for (const say'),
  gathering('outbox: a whole is heard by halves', 'if (this.#bundle) this.#bundle.isDue = true;', 'if (false) {}'),
  gathering('outbox: an empty whole opens the window', 'if (bundle.isDue) this.flush();', 'this.flush();'),
  gathering(
    'outbox: words for one alone split a whole',
    'if (this.#bundle) this.#bundle.keep(recipient, say);',
    'if (false) {}',
  ),
  gathering('outbox: who turns within a whole hears half of it', 'if (!this.#bundle?.isDue) {', 'if (true) {'),
  gathering(
    'outbox: whoever goes takes another along',
    'if (recipient.index < 0 && !delivery.rest) delivery.next--;',
    '',
  ),
  gathering(
    'outbox: told anew though nothing was left out',
    "&& parcel !== batch.parcelFor(heard, hearing, 'all')",
    '',
  ),
  gathering('outbox: a batch for each who must have it earlier', 'this.#ahead ??= ', 'this.#ahead = '),
  gathering('outbox: no end to a stretch', '>= stretchEnd', '>= Number.POSITIVE_INFINITY'),
  gathering(
    'outbox: nobody is given up',
    'backlogBytes > BACKLOG_MAX_BYTES',
    'backlogBytes > Number.POSITIVE_INFINITY',
  ),
  lagging(
    'behind: nothing is left out',
    "if (backlogBytes <= BACKLOG_NO_REACTIONS_BYTES) return 'all';",
    "return 'all';",
  ),
  lagging('behind: who has caught up is told nothing', 'this.#consequences.onRecovered(one);', ''),
  lagging('behind: before he has caught up', 'backlogBytes > 0 || ', ''),
  lagging('behind: again and again', ' || now - before < RECOVERY_INTERVAL_MS', ''),
  gathering('outbox: windows without end', 'this.#waiting.length >= most || this.#waitingBytes >= bytes', 'false'),
  wire('wire: frames overtake packets', 'this.#connection.writeBuffer.length === 0 &&', ''),
  wire('wire: frames behind a close frame', 'this.#websocket?.readyState === OPEN &&', ''),
  wire('wire: frames into a half-closed socket', '&&\n      this.#net.writable', ''),
  wire(
    'wire: frames for who is on his way out',
    'this.#net !== null &&\n      !this.#hasEnded &&',
    'this.#net !== null &&',
  ),
  wire(
    'wire: an upgrade goes unnoticed',
    "if (!this.#websocket) this.#connection.once('upgrade', () => this.#capture());",
    '',
  ),
  wire('wire: what waits in engine.io does not count', '+ this.#buffered()', ''),
  {
    name: 'commands: answers that nobody reads do not count',
    file: 'src/transport/on-command.ts',
    from: 'if (line && line.backlogBytes > BACKLOG_MAX_BYTES) return line.giveUp();',
    to: '',
    tests: slow,
  },
  {
    name: 'chat cap: mentions are lines like others',
    file: 'src/store/memory/message-store-memory.ts',
    from: "rank === 'mention' ? CAP_SHARES.mention : ",
    to: '',
    tests: memory,
  },
  {
    name: 'messages: a moment that comes when nothing waits',
    file: 'src/rooms/chat/message-batcher.ts',
    from: 'if (this.#waiting.length === 0) return;',
    to: '',
    tests: queue,
  },
  {
    name: 'directory: told the same again and again',
    file: 'src/rooms/live/directory-announcer.ts',
    from: 'if (isHeld && this.#told.get(room) === text) return;',
    to: '',
    tests: pages,
  },
  {
    name: 'snapshots: texts outlive what they are made of',
    file: 'src/rooms/chat/recent-messages.ts',
    from: 'if (this.#kept.has(messageId)) return;\n    this.#shown = null;',
    to: 'if (this.#kept.has(messageId)) return;',
    tests: '--project fast test/transport/packet-encoder.test.ts test/rooms/chat/recent-messages.test.ts',
  },
];
