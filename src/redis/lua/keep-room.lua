-- Starts a room's idle time again. A closed room is left to its end.
-- KEYS   1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- Returns   {kept | absent, time}
local stage = KEYS[1]
local now = store_time()
if redis.call('HGET', stage, 'isClosed') ~= '0' then return {'absent', now} end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, IDLE_ROOM_TTL_MS) end
return {'kept', now}
