// The mutants of delivery: outbox, frames, wires, compression, the cap on chat. Part of tools/mutants-list.mjs.

const delivery = '--project fast test/delivery';
const wires = '--project fast test/transport/wire.test.ts';
const compression = '--project fast test/transport/compress';
const slow = '--project fast test/transport/connections-socketio.slow-consumer.test.ts';
const memory = '--project fast test/store/memory-engine.test.ts';
const batches = '--project fast test/rooms/chat/message-batcher.test.ts';
const pages = '--project fast test/rooms/commands/room-queries.pages.test.ts';
const shares = '--project fast test/domain/messages.test.ts';

const outbox = (name, from, to) => ({ name, file: 'src/delivery/outbox.ts', from, to, tests: delivery });
const slowConsumer = (name, from, to) => ({ name, file: 'src/delivery/slow-consumers.ts', from, to, tests: delivery });
const wire = (name, from, to) => ({ name, file: 'src/transport/wire.ts', from, to, tests: wires });
const deflate = (name, from, to) => ({ name, file: 'src/transport/compression.ts', from, to, tests: compression });

export const deliveryMutants = [
  deflate(
    'compression: for every client that offers it',
    `if (!ASKS_FOR_DEFLATE.test(request.url ?? ''))`,
    'if (false)',
  ),
  deflate('compression: by ws as well', 'threshold: Number.POSITIVE_INFINITY', 'threshold: 1024'),
  deflate(
    'compression: one inflater for each connection',
    'inflateStatelessly(internalsOf(websocket), this.#messageMaxBytes, clock);',
    '',
  ),
  deflate('compression: in the same tick', 'clock.soon(() => {', '[0].forEach(() => {'),
  deflate('compression: shared with any window', '?? SHARED_WINDOW_BITS) === SHARED_WINDOW_BITS', '?? 15) > 0'),
  outbox('outbox: a new recipient gets what waits', 'lastSeq: this.#pending.end, index', 'lastSeq: 0, index'),
  outbox('outbox: a recipient gets a batch twice', 'recipient.lastSeq >= batch.end || ', ''),
  {
    name: 'outbox: a recipient that switches streams misses the end of the old one',
    file: 'src/delivery/recipient.ts',
    from: 'this.#outbox.switchStream(this);\n    this.stream',
    to: 'this.stream',
    tests: delivery,
  },
  outbox(
    'outbox: a private send overtakes broadcasts',
    'this.#catchUp(recipient);\n    for (const send',
    'for (const send',
  ),
  outbox(
    'outbox: an atomic group goes out in pieces',
    'if (this.#group) this.#group.isFlushDue = true;',
    'if (false) {}',
  ),
  outbox('outbox: an empty atomic group ends the flush window', 'if (group.isFlushDue) this.flush();', 'this.flush();'),
  outbox(
    'outbox: a private send splits an atomic group',
    'else if (this.#group) this.#group.privateSends.set(recipient, [send]);',
    '',
  ),
  outbox(
    'outbox: a switch within an atomic group delivers half of it',
    'if (this.#group?.isFlushDue) recipient.lastSeq = this.#pending.end;\n    else this',
    'this',
  ),
  outbox(
    'outbox: a recipient that leaves makes another one miss the batch',
    'if (recipient.index < 0 && !delivery.recipients) delivery.next--;',
    '',
  ),
  outbox(
    'outbox: a recipient counts as slow although nothing was left out',
    `&& encoded !== batch.encodedFor(lastSeq, stream, 'all')`,
    '',
  ),
  outbox(
    'outbox: the encoding for early recipients outlives another broadcast',
    'if (this.#pending.isEncoded) this.#account(this.#pending);',
    '',
  ),
  {
    name: 'outbox: equal encodings are not one object',
    file: 'src/delivery/pending-batch.ts',
    from: '.find((other) => other !== null && isEqual(other))',
    to: '.find(() => false)',
    tests: delivery,
  },
  outbox(
    'outbox: a planned flush takes place after another one',
    'if (this.#next === plan) this.flush();',
    'this.flush();',
  ),
  outbox('outbox: a time slice without end', 'isTimeToLook && slice.isSpent', 'isTimeToLook && false'),
  outbox(
    'outbox: a backlog without limit',
    'backlogBytes > BACKLOG_MAX_BYTES',
    'backlogBytes > Number.POSITIVE_INFINITY',
  ),
  outbox(
    'outbox: a full flush window stays open',
    'this.#pending.count >= maxBroadcasts || this.#pending.bytes >= maxBytes',
    'false',
  ),
  outbox(
    'outbox: a delivery that a failed write interrupted is forgotten',
    `if (this.#state.is === 'interrupted') this.#deliver(this.#state);`,
    '',
  ),
  slowConsumer(
    'slow consumer: nothing is left out',
    "if (backlogBytes <= BACKLOG_NO_REACTIONS_BYTES) return 'all';",
    "return 'all';",
  ),
  slowConsumer('slow consumer: no snapshot after the recovery', 'this.#onRecovered(consumer);', ''),
  slowConsumer('slow consumer: the snapshot comes before the backlog is read', 'backlogBytes > 0 || ', ''),
  slowConsumer('slow consumer: one snapshot after another', ' || now - lastRecovery < RECOVERY_INTERVAL_MS', ''),
  wire('wire: frames overtake packets', 'this.#connection.writeBuffer.length === 0 &&', ''),
  wire('wire: frames behind a close frame', 'this.#websocket?.readyState === OPEN &&', ''),
  wire('wire: frames into a half-closed socket', '&&\n      this.#net.writable', ''),
  wire(
    'wire: frames for a session that has ended',
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
    name: 'commands: unread answers do not count as backlog',
    file: 'src/transport/on-command.ts',
    from: 'if (connection && connection.backlogBytes > BACKLOG_MAX_BYTES) return connection.overflow();',
    to: '',
    tests: slow,
  },
  {
    name: 'chat cap: a line with a mention counts like any other',
    file: 'src/store/memory/message-store-memory.ts',
    from: "rank === 'mention' ? 'mention' : ",
    to: '',
    tests: memory,
  },
  {
    name: 'chat cap: equal shares for all lines',
    file: 'src/domain/messages.ts',
    from: 'again: Math.ceil(perSecond / 2),\n  first: Math.ceil((perSecond * 8) / 10),',
    to: 'again: perSecond,\n  first: perSecond,',
    tests: shares,
  },
  {
    name: 'messages: a release with nothing waiting blocks the batcher',
    file: 'src/ops/batcher.ts',
    from: 'if (this.#waiting.length === 0) return;',
    to: '',
    tests: batches,
  },
  {
    name: 'directory: the same entry is announced again and again',
    file: 'src/rooms/live/directory-announcer.ts',
    from: 'if (isLive && this.#announced.get(room) === text) return;',
    to: '',
    tests: pages,
  },
  {
    name: 'snapshots: the shared list of messages outlives a new message',
    file: 'src/rooms/chat/recent-messages.ts',
    from: 'if (this.#kept.has(messageId)) return;\n    this.#newest = null;',
    to: 'if (this.#kept.has(messageId)) return;',
    tests: '--project fast test/transport/packet-encoder.test.ts test/rooms/chat/recent-messages.test.ts',
  },
];
