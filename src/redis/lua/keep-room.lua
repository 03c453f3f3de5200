-- Starts a room's idle time anew; a closed room is left to its end.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 idle TTL (ms)
-- Returns {kept | absent, time}
local now = store_time()
if redis.call('HGET', KEYS[1], 'isClosed') ~= '0' then return {'absent', now} end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return {'kept', now}
