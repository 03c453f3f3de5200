// The mutants of several nodes on one store, which the simulation has to notice, whatever else does. Part of tools/mutants-list.mjs.

const simulation = '--project fast test/simulation -t runs.hold';
const gaps = '--project fast test/rooms/audience/room-audience.feed-gaps.test.ts';
/** What the simulation seldom shows, because something else makes good for it, has tests of its own. */
const rooms = '--project fast test/rooms';
const settling = '--project fast test/store/room-recovery.test.ts';

const inStore = (name, from, to) => ({
  name,
  file: 'src/store/memory/room-store-memory.ts',
  from,
  to,
  tests: simulation,
});
const among =
  (file) =>
  (name, from, to, tests = simulation) => ({ name, file: `src/rooms/${file}.ts`, from, to, tests });
const subscriber = '--project fast test/redis/subscriber.test.ts';
const reaper = among('reaper');
const coming = among('membership');
const lease = among('leases/node-lease');
const holding = among('held-room');

export const clusterMutants = [
  inStore('cluster: a commit on a room that has moved on', 'if (conflict) return conflict;', ''),
  inStore(
    'cluster: a commit by whoever is no longer who he was',
    "if (fences.size > 0) return { status: 'refused', fences };",
    '',
  ),
  inStore(
    'cluster: a retry is carried out twice',
    "if (answers.length > 0) return { status: 'answered', answers };",
    '',
  ),
  inStore(
    'cluster: a commit that comes late',
    "> CLOCK_TOLERANCE_MS) return { status: 'late' };",
    "< 0) return { status: 'late' };",
  ),
  {
    name: 'cluster: an old session ends the new one',
    file: 'src/store/memory/presence-store-memory.ts',
    from: "if (member.fence !== fence) return 'stale';",
    to: '',
    tests: simulation,
  },
  {
    name: 'cluster: no new epoch after the store has lost something',
    file: 'src/store/memory/room-recovery-memory.ts',
    from: 'const epoch = nameEpoch(now, { end: history, after: table.room.epoch });',
    to: 'const { epoch } = table.room;',
    tests: simulation,
  },
  {
    name: 'cluster: an older offer wins',
    file: 'src/store/memory/room-recovery-memory.ts',
    from: 'if (best === null || isNewer(offer.room, best.room)) return true;',
    to: 'return true;',
    tests: settling,
  },
  {
    name: 'cluster: what was spent stays good',
    file: 'src/rooms/turns/turn-draft.ts',
    from: "spent: events.flatMap((event) => (event.type === 'member.away' ? [previous(event)] : [])),",
    to: 'spent: [],',
    tests: simulation,
  },
  {
    name: 'cluster: whose reply was lost has never been',
    file: 'src/rooms/turns/turn.ts',
    from: "return isOurs ? { status: 'behind', records: read.records } : result;",
    to: 'return result;',
    tests: rooms,
  },
  holding(
    'cluster: a doubt is no reason to look',
    'Promise.all([this.#catchingUp.runAnew().then(() => this.#members.run()), this.talk.catchUp()])',
    'Promise.resolve()',
  ),
  holding(
    'cluster: a gap is passed over',
    'this.#replica.receive(news.record))) this.doubt();',
    'this.#replica.receive(news.record))) return;',
    rooms,
  ),
  coming(
    'cluster: a join without a reply is forgotten',
    'if (error instanceof OutcomeUnknownError) this.#departures.endUnknownLater(roomId, userId);',
    '',
  ),
  coming(
    'cluster: who went while he came in stays',
    'if (!this.#sessions.isOpen(caller.sessionId)) return void this.#departures.dropFrom(room.roomId, member);',
    'if (!this.#sessions.isOpen(caller.sessionId)) return;',
  ),
  coming('cluster: shown an older room than he joined', 'await room.reach(position);', '', rooms),
  coming(
    'cluster: the older of two sessions stays',
    "if (newestFence > fence) return reply(refuse('NOT_A_MEMBER', { replaced: true }));",
    '',
  ),
  reaper(
    'cluster: the living are put out with the dead',
    'if (!live.has(nodeId)) return gone.get(nodeId) ?? since + LEASE_MS;',
    'return gone.get(nodeId) ?? since + LEASE_MS;',
  ),
  reaper('cluster: the dead listen on', 'await this.#endListening(room, moments);', ''),
  reaper('cluster: the dead keep their seats', 'await this.#dropHeld(room, moments);', ''),
  lease('cluster: nobody looks for the dead', 'this.#surveyLater(SURVEY_INTERVAL_MS);', ''),
  {
    name: 'cluster: who came and went behind a gap is not told',
    file: 'src/rooms/audience/audience-cache.ts',
    from: 'if (told) this.#onMended(',
    to: 'if (!told) this.#onMended(',
    tests: gaps,
  },
  {
    name: 'cluster: replaced behind a gap, and put out without a word',
    file: 'src/rooms/audience/commit-messages.ts',
    from: "return record.fence === fence ? null : { reason: 'replaced' };",
    to: 'return null;',
    tests: gaps,
  },
  {
    name: 'cluster: behind a gap, granted what is over by now',
    file: 'src/rooms/audience/room-audience.ts',
    from: 'if (!this.#isWithin) this.#pushGrants(seen);',
    to: 'this.#pushGrants(seen);',
    tests: gaps,
  },
  {
    name: 'cluster: what TCP has kept is told as news',
    file: 'src/redis/subscriber.ts',
    from: '} else this.#askLink();',
    to: '}',
    tests: subscriber,
  },
  {
    name: 'cluster: after a standstill old news are told',
    file: 'src/redis/subscriber.ts',
    from: 'if (this.#isOld()) replaceLink(redis);',
    to: 'if (false) {}',
    tests: subscriber,
  },
  {
    name: 'cluster: the half before what a newer server says is told',
    file: 'src/rooms/turns/room-replica.ts',
    from: "if (!missed.every(({ events }) => isUnderstood(events))) return 'foreign';",
    to: '',
    tests: '--project fast test/rooms/turns/room-replica.test.ts',
  },
];
