-- Starts a room's idle time again. A closed room is left to its end.
-- Returns   {kept | absent, time}
if is_closed ~= '0' then return {'absent', now} end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, IDLE_ROOM_TTL_MS) end
return {'kept', now}
