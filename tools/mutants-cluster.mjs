// The mutants of several nodes on one store. The simulation has to notice them. Part of tools/mutants-list.mjs.

const simulation = '--project fast test/simulation -t runs.hold';
/** For mutants that the simulation seldom shows, because another part makes up for them. */
const rooms = '--project fast test/rooms';
const gaps = '--project fast test/rooms/audience/room-audience.feed-gaps.test.ts';
const cache = '--project fast test/rooms/audience/audience-cache.test.ts';
const turns = '--project fast test/rooms/turns';
const members = '--project fast test/rooms/membership';
const lateAnswers = '--project fast test/rooms/membership/join.late-answers.test.ts';
const entry = '--project fast test/rooms/membership/enter-room.test.ts';
const losses = '--project fast test/rooms/recovery test/cluster';
const leases = '--project fast test/cluster/lease';
const memory = '--project fast test/store/memory-engine.test.ts';
const recovery = '--project fast test/store/room-recovery.test.ts';
const subscriber = '--project fast test/redis/subscriber.test.ts';

const inFile =
  (file, usualTests) =>
  (name, from, to, tests = usualTests) => ({ name, file: `src/${file}.ts`, from, to, tests });
const commit = inFile('store/memory/room-store-memory', simulation);
const turn = inFile('rooms/turns/turn', turns);
const replica = inFile('rooms/turns/room-replica', turns);
const liveRoom = inFile('rooms/live/live-room', rooms);
const check = inFile('rooms/live/membership-check', losses);
const audience = inFile('rooms/audience/room-audience', gaps);
const audienceCache = inFile('rooms/audience/audience-cache', cache);
const join = inFile('rooms/membership/join', simulation);
const enterRoom = inFile('rooms/membership/enter-room', entry);
const reaper = inFile('cluster/reaper', simulation);
const lease = inFile('cluster/lease/node-lease', leases);
const feed = inFile('redis/subscriber', subscriber);

export const clusterMutants = [
  commit('cluster: a commit on a room that has moved on', 'if (conflict) return conflict;', ''),
  commit(
    'cluster: a commit by a session that has ended',
    "if (fences.size > 0) return { status: 'refused', fences };",
    '',
  ),
  commit(
    'cluster: a retry is carried out twice',
    "if (answers.length > 0) return { status: 'answered', answers };",
    '',
  ),
  commit(
    'cluster: a stale write is carried out',
    "> CLOCK_TOLERANCE_MS) return { status: 'late' };",
    "< 0) return { status: 'late' };",
    memory,
  ),
  {
    name: 'cluster: an old session ends the new one',
    file: 'src/store/memory/presence-store-memory.ts',
    from: "if (member.fence !== fence) return 'stale';",
    to: '',
    tests: simulation,
  },
  {
    name: 'cluster: no new epoch after a loss of data',
    file: 'src/store/memory/room-recovery-memory.ts',
    from: 'const epoch = nameEpoch(now, { end: replicationId, after: table.room.epoch });',
    to: 'const { epoch } = table.room;',
    tests: simulation,
  },
  {
    name: 'cluster: an older offer wins the recovery',
    file: 'src/store/memory/room-recovery-memory.ts',
    from: 'if (best === null || isNewer(offer.room, best.room)) return true;',
    to: 'return true;',
    tests: recovery,
  },
  {
    name: 'cluster: a dropped session keeps its fence',
    file: 'src/rooms/turns/turn-draft.ts',
    from: "endedSessions: events.flatMap((event) => (event.type === 'member.away' ? [previous(event)] : [])),",
    to: 'endedSessions: [],',
    tests: simulation,
  },
  turn(
    'turn: after a lost reply the log is not believed',
    "return isOurs ? { status: 'behind', records: read.records } : result;",
    'return result;',
  ),
  turn(
    'turn: a version conflict with its own commit is no success',
    'const isOurs = result.records.some(({ turnId }) => turnId === draft.turnId);',
    'const isOurs = false;',
  ),
  replica(
    'replica: the commits before unknown events are applied',
    "if (!missed.every(({ events }) => isUnderstood(events))) return { status: 'unknownEvents', changes: [] };",
    '',
  ),
  liveRoom(
    'live room: the changes of its own turn are not applied',
    'this.#apply(changes);\n    answer(answers);',
    'answer(answers);',
    gaps,
  ),
  liveRoom(
    'live room: a possible gap is no reason to read',
    'Promise.all([this.#resyncMembers(), this.messageFeed.catchUp()])',
    'Promise.resolve()',
    simulation,
  ),
  liveRoom(
    'live room: a gap between commits is passed over',
    "if (status === 'gap' || status === 'unknownEvents') this.onPossibleGap();",
    "if (status === 'gap' || status === 'unknownEvents') return;",
  ),
  check(
    'membership check: a member that a new epoch lacks counts as ended',
    "this.#epoch === 'new' || this.#lost.has(member) ? 'lost' : 'ended'",
    "this.#lost.has(member) ? 'lost' : 'ended'",
  ),
  check(
    'membership check: a member that is about to be let in again counts as ended',
    "this.#epoch === 'new' || this.#lost.has(member) ? 'lost' : 'ended'",
    "this.#epoch === 'new' ? 'lost' : 'ended'",
  ),
  join(
    'join: a join without a reply is forgotten',
    'if (error instanceof OutcomeUnknownError) this.#peers.roomLeave.endUnknownLater(room.roomId, userId);',
    '',
  ),
  join(
    'join: a connection that ended during its join stays a member',
    'else void this.#peers.roomLeave.dropFrom(room.roomId, member);',
    'else {}',
    members,
  ),
  join(
    'join: the older of two sessions stays',
    "if (newestFence > record.fence) return fail('NOT_A_MEMBER', { replaced: true });",
    '',
    rooms,
  ),
  join(
    'join: the step that registers does not ask again whether the room is ready',
    'do await room.ready();\n      while (!room.isReady);',
    'await room.ready();',
    lateAnswers,
  ),
  enterRoom('join: the snapshot is older than the join', 'await room.catchUpTo(joined);', '', rooms),
  enterRoom('join: the copy does not catch up when the entry changed', 'await room.catchUp();', ''),
  reaper(
    'reaper: the members of living nodes are dropped',
    "if (!view.live.has(nodeId)) return { kind: 'dropped', since: view.dead.get(nodeId) ?? view.since + LEASE_MS };",
    "return { kind: 'dropped', since: view.dead.get(nodeId) ?? view.since + LEASE_MS };",
  ),
  reaper('reaper: the listeners of dead nodes stay', ', await this.#endListeners(room)', ''),
  reaper('reaper: the members of dead nodes keep their seats', 'await this.#dropPinned(room), ', ''),
  lease('lease: no node looks for dead nodes', 'this.#surveyIn(SURVEY_INTERVAL_MS);', '', simulation),
  lease(
    'lease: a node that was declared dead keeps its lease',
    "case 'declaredDead':\n      return { name: 'lost' };",
    "case 'declaredDead':\n      return state;",
  ),
  audience(
    'audience: several commits do not go out as one atomic group',
    'else this.#deps.outbox.atomically(() => commits.forEach(send));',
    'else commits.forEach(send);',
  ),
  audience(
    'audience: after a gap a member gets a grant that is over by now',
    'this.#pushGrants({ before: first.before, after: last.after });',
    'for (const { before, after } of commits) this.#pushGrants({ before, after });',
  ),
  audienceCache('audience: joins and leaves that a gap hid are never sent', 'this.#onRepaired({', 'void ({', gaps),
  audienceCache(
    'audience: an interrupted list is never repaired',
    "this.#state = { kind: 'current', known, sent: sentAfterGap({ sent, now: known }), isCountMixed: false };",
    '',
  ),
  {
    name: 'audience: a member that was replaced during a gap is removed without a notice',
    file: 'src/rooms/audience/commit-messages.ts',
    from: "return record.fence === fence ? null : { reason: 'replaced' };",
    to: 'return null;',
    tests: gaps,
  },
  feed('feed: news that TCP has kept is taken for new', '} else this.#pingLink();', '}'),
  feed('feed: old news is taken after a standstill', 'if (this.#wasStanding()) replaceLink(redis);', 'if (false) {}'),
];
