// The list of tools/mutants.mjs: what is broken, how, and which tests have to notice. `from` must occur once in the file.
import { clusterMutants } from './mutants-cluster.mjs';
import { fanoutMutants } from './mutants-fanout.mjs';

const input = '--project fast test/hostile/input.test.ts';
const circumstances = '--project fast test/hostile/circumstances.test.ts';
const commands = '--project fast test/transport/commands.test.ts';
const sessions = '--project fast test/transport/session.test.ts';
const rates = '--project fast test/transport/rate-limit.test.ts';
const admission = '--project fast test/transport/admission.test.ts';
const service = '--project fast test/http/service.test.ts';
const rooms = '--project fast test/rooms';
const memory = '--project fast test/store/memory-engine.test.ts';
const forgetting = '--project fast test/hostile/nothing-left.test.ts';
const redis = '--project redis test/store/redis-engine.redis.test.ts';
const keys = '--project redis test/hostile/key-audit.redis.test.ts';
const knocking = '--project fast test/transport/knocking.test.ts';

const permissions = 'src/domain/permissions.ts';
const payload = 'src/protocol/payload.ts';
const commandSchemas = 'src/protocol/commands.ts';
const storeMemory = 'src/store/memory/room-store-memory.ts';
const commitLua = 'src/redis/lua/commit-room.lua';

const row = (name, from, to) => ({ name, file: permissions, from, to, tests: circumstances });
const schema = (name, from, to) => ({ name, file: commandSchemas, from, to, tests: input });

export const mutants = [
  ...fanoutMutants,
  ...clusterMutants,
  row('permission row: anybody may kick from seats', `'seat:kick': staff`, `'seat:kick': members`),
  row('permission row: anybody may accept requests', `'request:accept': staff`, `'request:accept': members`),
  row('permission row: anybody may ban', `'member:ban': staff`, `'member:ban': members`),
  row('permission row: admins may close the room', `'room:close': owner`, `'room:close': staff`),
  row('permission row: admins may hand the room over', `'owner:transfer': owner`, `'owner:transfer': staff`),
  row('permission row: admins may change any setting', `admin: { onlyFields: ['title', 'notice'] }`, 'admin: true'),
  row('permission row: seats are free in request mode', `request: 'REQUEST_REQUIRED'`, 'request: true'),
  row('permission check: skipped', `if (typeof permission === 'string') return { code: permission };`, ''),
  row('rank: never looked at', `if (target === 'member' ||`, `if (target !== 'nobody' ||`),
  row('rank: not looked at on seats', 'if (outranks) return outranks;', ''),
  {
    name: 'rank: not looked at when a request is decided',
    file: 'src/domain/requests.ts',
    from: 'const outranks = rankRefusal(room, context.actor, payload.userId);',
    to: 'const outranks = null;',
    tests: circumstances,
  },

  schema('schema: unknown fields pass', 'const onRoom = z.strictObject(inRoom)', 'const onRoom = z.object(inRoom)'),
  schema('schema: unknown settings pass', 'const updateRoom = z.strictObject(', 'const updateRoom = z.object('),
  schema('schema: unknown fields pass, nested', 'resume: z.strictObject(', 'resume: z.object('),
  schema(
    'schema: texts are taken for numbers',
    "seat: seatIndexSchema.optional() }),\n  'seat:leave'",
    "seat: z.coerce.number().optional() as never }),\n  'seat:leave'",
  ),
  {
    name: 'schema: ids of 64 characters',
    file: 'src/protocol/ids.ts',
    from: '_-]{1,63}$/',
    to: '_-]{1,64}$/',
    tests: input,
  },
  {
    name: 'schema: ids with anything behind them',
    file: 'src/protocol/ids.ts',
    from: '{1,63}$/',
    to: '{1,63}/',
    tests: input,
  },
  {
    name: 'payload: forbidden keys pass',
    file: payload,
    from: 'if (forbiddenKeys.has(key))',
    to: 'if (forbiddenKeys.has(key + key))',
    tests: input,
  },
  {
    name: 'payload: any depth passes',
    file: payload,
    from: 'const DEPTH_MAX = 8',
    to: 'const DEPTH_MAX = 8_000',
    tests: input,
  },
  {
    name: 'payload: a second one passes',
    file: payload,
    from: 'args.length !== 1',
    to: 'args.length < 1',
    tests: input,
  },
  {
    name: 'payload: binary passes',
    file: payload,
    from: 'if (ArrayBuffer.isView(value))',
    to: 'if (value === forbiddenKeys)',
    tests: input,
  },
  {
    name: 'commands: names that every object knows',
    file: payload,
    from: 'Object.hasOwn(commandSchemas, name)',
    to: 'name in commandSchemas',
    tests: commands,
  },
  {
    name: 'commands: an expired token goes on',
    file: 'src/transport/on-command.ts',
    from: 'if (session.isExpired)',
    to: 'if (session.isExpired && !ack)',
    tests: sessions,
  },
  {
    name: 'rate limit: commands are counted and let through',
    file: 'src/transport/on-command.ts',
    from: "if (verdict.status === 'limited') return ack(limited(verdict));",
    to: '',
    tests: rates,
  },
  {
    name: 'rate limit: chat is counted and let through',
    file: 'src/transport/on-command.ts',
    from: "if (chatVerdict.status === 'limited') return ack(limited(chatVerdict));",
    to: '',
    tests: rates,
  },
  {
    name: 'rate limit: floods are answered for ever',
    file: 'src/transport/on-command.ts',
    from: "if (verdict.status === 'flood') {",
    to: "if (verdict.status === 'flood' && !session) {",
    tests: rates,
  },
  {
    name: 'admission: handshakes are not counted',
    file: 'src/transport/admission.ts',
    from: 'if (this.#tokens < 1) return this.#retryAfter();',
    to: '',
    tests: admission,
  },
  {
    name: 'service door: any token will do',
    file: 'src/http/route.ts',
    from: "return scopesOf[access].includes(authentication.identity.scope) ? null : { code: 'FORBIDDEN' };",
    to: 'return scopesOf[access] ? null : null;',
    tests: service,
  },
  {
    name: 'ban: joins do not look at it',
    file: 'src/store/memory/presence-store-memory.ts',
    from: 'if (ban && isInForce(ban,',
    to: 'if (!ban && isInForce(ban,',
    tests: '--project fast test/rooms/commands/stage-commands.moderation.test.ts',
  },
  {
    name: 'ban: joins do not look at it (Redis)',
    file: 'src/redis/lua/move-members.lua',
    from: 'if banned then',
    to: 'if false then',
    tests: '--project redis test/store/sanctions.redis.test.ts',
  },
  {
    name: 'tokens: the signature of a shared secret is not looked at',
    file: 'src/auth/hmac-jwt.ts',
    from: 'if (!isSame(expected, signature))',
    to: 'if (!isSame(expected, expected))',
    tests: '--project fast test/auth',
  },
  {
    name: 'empty rooms: closed though somebody is there',
    file: 'src/redis/lua/commit-room.lua',
    from: 'if plan.onlyIfEmpty and',
    to: 'if false and',
    tests: redis,
  },
  {
    name: 'packets: no limit',
    file: 'src/transport/socket-server.ts',
    from: 'maxHttpBufferSize: INBOUND_PACKET_MAX_BYTES',
    to: 'maxHttpBufferSize: INBOUND_PACKET_MAX_BYTES * 1_000',
    tests: commands,
  },
  {
    name: 'handshake: a connection may knock again',
    file: 'src/transport/authenticate.ts',
    from: 'knocked.set(socket.conn, sessionId);',
    to: '',
    tests: knocking,
  },

  {
    name: 'membership: whoever is not there is not told that the room is closed',
    file: 'src/rooms/commands/stage-commands.ts',
    from: `refuse(room.state.closed ? 'ROOM_CLOSED' : 'NOT_A_MEMBER')`,
    to: `refuse('NOT_A_MEMBER')`,
    tests: circumstances,
  },
  {
    name: 'membership: rooms without number',
    file: 'src/rooms/membership/join.ts',
    from: 'if (!this.#sessions.book(',
    to: 'if (!this.#sessions.book(sessionId, roomId, 99) && !this.#sessions.book(',
    tests: rooms,
  },
  {
    name: 'membership: any password will do',
    file: 'src/rooms/membership/join.ts',
    from: "return (await isPassword(password, secrets.passwordHash)) ? null : refuse('WRONG_PASSWORD');",
    to: 'return null;',
    tests: rooms,
  },
  {
    name: 'rates: passwords may be tried for ever',
    file: 'src/rooms/membership/join.ts',
    from: "if (attempt.status === 'locked') {",
    to: "if (attempt.status === 'locked' && !attempt) {",
    tests: rooms,
  },
  {
    name: 'membership: the banned come in',
    file: 'src/rooms/membership/join.ts',
    from: "if (result.status === 'banned')",
    to: "if (result.status === 'banned' && !result)",
    tests: rooms,
  },
  {
    name: 'decide: a closed room goes on',
    file: 'src/domain/decide.ts',
    from: 'if (room.closed) return',
    to: 'if (room.closed && !room.settings) return',
    tests: '--project fast test/domain',
  },
  {
    name: 'memory engine: fences are not compared',
    file: storeMemory,
    from: `if (fences.size > 0) return { status: 'refused', fences };`,
    to: '',
    tests: memory,
  },
  {
    name: 'memory engine: versions are not compared',
    file: storeMemory,
    from: 'if (conflict) return conflict;',
    to: '',
    tests: memory,
  },
  {
    name: 'memory engine: closed rooms stay',
    file: storeMemory,
    from: 'table.expiresAt = now + CLOSED_ROOM_TTL_MS;',
    to: '',
    tests: forgetting,
  },
  {
    name: 'redis: fences are not compared',
    file: commitLua,
    from: 'if #refused > 2 then return refused end',
    to: '',
    tests: redis,
  },
  {
    name: 'redis: versions are not compared',
    file: commitLua,
    from: 'if position[1] ~= epoch or current ~= version then',
    to: 'if position[1] ~= epoch then',
    tests: redis,
  },
  {
    name: 'redis: closed rooms stay',
    file: commitLua,
    from: `for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, plan.closedTtlMs) end`,
    to: '',
    tests: keys,
  },
  {
    name: 'redis: a closed room is kept alive',
    file: 'src/redis/lua/keep-room.lua',
    from: `~= '0' then`,
    to: `== false then`,
    tests: keys,
  },
  {
    name: 'redis: new rooms have no end',
    file: 'src/redis/lua/create-room.lua',
    from: `for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end`,
    to: '',
    tests: keys,
  },
  {
    name: 'directory: closed rooms stay on the list',
    file: 'src/rooms/live/directory-announcer.ts',
    from: 'directory.remove(roomId), ',
    to: '',
    tests: keys,
  },
];
