-- Keeps a new room: all of its keys at once, so that no later script meets a missing one.
-- KEYS   1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV   1 when it was decided (ms)  2 command key or ''  3 "command|json" to remember under it
--       4 members the stage refers to, JSON
--       5 replication ids under which a missing room has ended, between commas  6… field, value pairs of the stage
-- Returns   {created | exists | closed | stale_write, time (ms)} | {recovery_required, time, replication id}
local stage, log, members, pinned, uids, answers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local bans, silences, chat = KEYS[7], KEYS[8], KEYS[9]
local decided_at, command_key, answer, stage_users = ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4])
local accepted_ids, first_field = ARGV[5], 6

local now = store_time()
if is_stale(now, decided_at) then return {'stale_write', now} end

local present_id, known = replication_id(), redis.call('HMGET', stage, 'isClosed', 'history')
local is_closed, kept_under = known[1], known[2]
if is_closed and kept_under ~= present_id then return {'recovery_required', now, present_id} end
if is_closed == '1' then return {'closed', now} end
if is_closed then return {'exists', now} end
-- The nodes that serve a missing room may be about to bring it back: its name is not free.
if not string.find(accepted_ids, ',' .. present_id .. ',', 1, true) then
  return {'recovery_required', now, present_id}
end

redis.call('DEL', unpack(KEYS))
redis.call('HSET', stage, 'isClosed', '0', 'history', present_id, unpack(ARGV, first_field))
redis.call('XADD', log, '0-1', 'record', '')
redis.call('HSET', members, ':', '')
redis.call('SADD', pinned, ':', unpack(stage_users))
redis.call('HSET', uids, ':', '')
redis.call('HSET', answers, ':', '0')
redis.call('HSET', bans, ':', '0|')
redis.call('HSET', silences, ':', '0|')
redis.call('RPUSH', chat, ':')
if command_key ~= '' then redis.call('HSET', answers, command_key, now .. '|' .. answer) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, IDLE_ROOM_TTL_MS) end
return {'created', now}
