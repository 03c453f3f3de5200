// The list of tools/mutants.mjs. Each mutant breaks one guard, so its tests have to fail. `from` occurs once in `file`.
import { clusterMutants } from './mutants-cluster.mjs';
import { deliveryMutants } from './mutants-delivery.mjs';

const input = '--project fast test/hostile/input.test.ts';
const domain = '--project fast test/domain';
const circumstances = '--project fast test/hostile/circumstances.test.ts';
const commands = '--project fast test/transport/commands.test.ts';
const sessions = '--project fast test/transport/session.test.ts';
const rates = '--project fast test/transport/rate-limit.test.ts';
const admission = '--project fast test/transport/admission.test.ts';
const service = '--project fast test/http/service.test.ts';
const rooms = '--project fast test/rooms';
const memory = '--project fast test/store/memory-engine.test.ts';
const nothingLeft = '--project fast test/hostile/nothing-left.test.ts';
const redis = '--project redis test/store/redis-engine.redis.test.ts';
const keys = '--project redis test/hostile/key-audit.redis.test.ts';
const repeatedConnects = '--project fast test/transport/knocking.test.ts';

const permissions = 'src/domain/permissions.ts';
const payload = 'src/protocol/payload.ts';
const commandSchemas = 'src/protocol/commands.ts';
const storeMemory = 'src/store/memory/room-store-memory.ts';
const entryPassword = 'src/rooms/membership/entry-password.ts';
const commitLua = 'src/redis/lua/commit-room.lua';

const row = (name, from, to, tests = circumstances) => ({ name, file: permissions, from, to, tests });
const schema = (name, from, to) => ({ name, file: commandSchemas, from, to, tests: input });

export const mutants = [
  ...deliveryMutants,
  ...clusterMutants,
  row(
    'permission row: a member may kick from seats',
    `'seat:kick': { ...staff, target: 'occupant' }`,
    `'seat:kick': { ...members, target: 'occupant' }`,
  ),
  row(
    'permission row: a member may accept requests',
    `'request:accept': { ...staff, target: 'user' }`,
    `'request:accept': { ...members, target: 'user' }`,
  ),
  row(
    'permission row: a member may ban',
    `'member:ban': { ...staff, target: 'otherUser' }`,
    `'member:ban': { ...members, target: 'otherUser' }`,
  ),
  row('permission row: an admin may close the room', `'room:close': owner`, `'room:close': staff`),
  row('permission row: an admin may hand the room over', `'owner:transfer': owner`, `'owner:transfer': staff`),
  row('permission row: an admin may change any setting', `admin: { onlyFields: ['title', 'notice'] }`, 'admin: true'),
  row('permission row: seats are free in request mode', `request: 'REQUEST_REQUIRED'`, 'request: true'),
  row('permission row: skipped', `if (typeof permission === 'string') return { code: permission };`, ''),
  row('permission target: never looked at', `if (actor.kind !== 'member') return null;`, 'return null;'),
  row('permission target: every rank counts as low', `if (target === 'member' ||`, `if (target !== 'nobody' ||`),
  row('permission target: the occupant of a seat has no rank', 'if (outranks) return outranks;', ''),
  row(
    'permission target: the empty owner seat is any seat',
    'return seat.seat === room.settings.ownerSeat ? rankRefusal(room, actor, room.roles.ownerId) : null;',
    'return null;',
    domain,
  ),
  row(
    'permission target: a request may be accepted whatever the rank',
    `'request:accept': { ...staff, target: 'user' }`,
    `'request:accept': staff`,
  ),
  row(
    'permission target: an invitation may be sent whatever the rank',
    `'invite:send': { ...staff, target: 'member' }`,
    `'invite:send': staff`,
  ),
  row(
    'permission target: a seat may be muted whatever the rank',
    `'seat:mute': { ...staff, target: 'seat' }`,
    `'seat:mute': staff`,
  ),
  row(
    'permission target: a picked user may displace a higher rank',
    'return refusal ?? rankRefusal(room, actor, displacedSeat(room, payload)?.occupant?.userId);',
    'return refusal;',
  ),
  row(
    'permission target: a member may ban themselves',
    `'member:ban': { ...staff, target: 'otherUser' }`,
    `'member:ban': { ...staff, target: 'user' }`,
    domain,
  ),

  schema('schema: unknown fields pass', 'const onRoom = z.strictObject(inRoom)', 'const onRoom = z.object(inRoom)'),
  schema('schema: unknown settings pass', 'const updateRoom = z.strictObject(', 'const updateRoom = z.object('),
  schema('schema: unknown fields pass, nested', 'resume: z.strictObject(', 'resume: z.object('),
  schema(
    'schema: a text counts as a number',
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
    name: 'schema: ids with anything after them',
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
    name: 'payload: a second argument passes',
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
    name: 'commands: the names of inherited properties pass',
    file: payload,
    from: 'Object.hasOwn(commandSchemas, name)',
    to: 'name in commandSchemas',
    tests: commands,
  },
  {
    name: 'commands: an expired token still works',
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
    name: 'rate limit: floods are answered forever',
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
    name: 'service access: any token will do',
    file: 'src/http/route.ts',
    from: "return scopesOf[access].includes(authentication.identity.scope) ? null : { code: 'FORBIDDEN' };",
    to: 'return scopesOf[access] ? null : null;',
    tests: service,
  },
  {
    name: 'ban: a join does not check it',
    file: 'src/store/memory/presence-store-memory.ts',
    from: 'if (ban && isInForce(ban,',
    to: 'if (!ban && isInForce(ban,',
    tests: '--project fast test/rooms/commands/room-commands.moderation.test.ts',
  },
  {
    name: 'ban: a join does not check it (Redis)',
    file: 'src/redis/lua/move-members.lua',
    from: 'if is_banned then',
    to: 'if false then',
    tests: '--project redis test/store/sanctions.redis.test.ts',
  },
  {
    name: 'tokens: the signature of a shared secret is not checked',
    file: 'src/auth/hmac-jwt.ts',
    from: 'if (!isSame(expected, signature))',
    to: 'if (!isSame(expected, expected))',
    tests: '--project fast test/auth',
  },
  {
    name: 'empty rooms: closed although a member is there',
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
    name: 'handshake: a connection may send several CONNECTs',
    file: 'src/transport/authenticate.ts',
    from: 'seen.set(socket.conn, sessionId);',
    to: '',
    tests: repeatedConnects,
  },

  {
    name: 'membership: an outsider does not learn that the room is closed',
    file: 'src/rooms/commands/room-commands.ts',
    from: `fail(room.state.closed ? 'ROOM_CLOSED' : 'NOT_A_MEMBER')`,
    to: `fail('NOT_A_MEMBER')`,
    tests: circumstances,
  },
  {
    name: 'membership: any number of rooms for one connection',
    file: 'src/rooms/membership/connection-rooms.ts',
    from: 'if (!rooms.has(roomId) && rooms.size >= limit) return false;',
    to: '',
    tests: rooms,
  },
  {
    name: 'membership: any password will do',
    file: entryPassword,
    from: "return (await isPassword(password, secrets.passwordHash)) ? null : { status: 'wrongPassword' };",
    to: 'return null;',
    tests: rooms,
  },
  {
    name: 'rate limit: passwords may be tried forever',
    file: entryPassword,
    from: "if (attempt.status === 'locked') return attempt;",
    to: '',
    tests: rooms,
  },
  {
    name: 'membership: the refusal of a banned user is ignored',
    file: 'src/rooms/membership/enter-room.ts',
    from: "case 'banned':\n        return result;",
    to: "case 'banned':\n        break;",
    tests: rooms,
  },
  {
    name: 'decide: a closed room accepts commands',
    file: 'src/domain/decide.ts',
    from: 'if (room.closed) return',
    to: 'if (room.closed && !room.settings) return',
    tests: domain,
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
    name: 'memory engine: a closed room never expires',
    file: storeMemory,
    from: 'table.expiresAt = now + CLOSED_ROOM_TTL_MS;',
    to: '',
    tests: nothingLeft,
  },
  {
    name: 'redis: fences are not compared',
    file: commitLua,
    from: 'if fence ~= expected then',
    to: 'if false then',
    tests: redis,
  },
  {
    name: 'redis: versions are not compared',
    file: commitLua,
    from: 'if epoch == expected_epoch and version == expected_version then return nil end',
    to: 'if epoch == expected_epoch then return nil end',
    tests: redis,
  },
  {
    name: 'redis: a closed room never expires',
    file: commitLua,
    from: `for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, CLOSED_ROOM_TTL_MS) end`,
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
    name: 'redis: a new room never expires',
    file: 'src/redis/lua/create-room.lua',
    from: `for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, IDLE_ROOM_TTL_MS) end`,
    to: '',
    tests: keys,
  },
  {
    name: 'directory: closed rooms stay in it',
    file: 'src/rooms/live/directory-announcer.ts',
    from: 'directory.remove(roomId), ',
    to: '',
    tests: keys,
  },
];
