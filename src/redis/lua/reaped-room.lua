-- Takes note that a claimed room was looked after. A room that became due again meanwhile stays due.
-- KEYS   1 leases  2 gone: the dead nodes  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV   1 room  2 claim  3 when to look again (ms), or ''
-- Returns   {reaped, time}
local due, room, claim, again_at = KEYS[3], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now = store_time()
if tonumber(redis.call('ZSCORE', due, room) or '') == claim then redis.call('ZREM', due, room) end
if again_at ~= '' then
  redis.call('ZADD', due, 'LT', again_at, room)
  redis.call('PEXPIRE', due, LEASES_TTL_MS)
end
return {'reaped', now}
