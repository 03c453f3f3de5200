-- Keeps a new room: all of its keys at once, so that no later script meets a missing one.
-- ARGV   decided_at: ms; command_key: '' for none; answer: "command|json" to remember under it; stage_users: JSON;
--   accepted_ids: replication ids under which a missing room has ended, between commas; then field, value pairs
-- Returns   {created | exists | closed, time} | stale_write | recovery_required
local decided_at, command_key, answer, stage_users, accepted_ids = unpack(ARGV, 1, 5)
local first_field = 6

if is_stale(decided_at) then return {'stale_write', now} end
if epoch and kept_under ~= present_id then return unusable() end
if is_closed == '1' then return {'closed', now} end
if epoch then return {'exists', now} end
-- The nodes that serve a missing room may be about to bring it back: its name is not free.
if not string.find(accepted_ids, ',' .. present_id .. ',', 1, true) then
  return {'recovery_required', now, present_id}
end

redis.call('DEL', unpack(KEYS))
redis.call('HSET', stage, 'isClosed', '0', 'history', present_id, unpack(ARGV, first_field))
redis.call('XADD', log, '0-1', 'record', '')
redis.call('HSET', members, ':', '')
redis.call('SADD', pinned, ':', unpack(cjson.decode(stage_users)))
redis.call('HSET', uids, ':', '')
redis.call('HSET', answers, ':', '0')
redis.call('HSET', bans, ':', '0|')
redis.call('HSET', silences, ':', '0|')
redis.call('RPUSH', chat, ':')
if command_key ~= '' then redis.call('HSET', answers, command_key, now .. '|' .. answer) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, IDLE_ROOM_TTL_MS) end
return {'created', now}
