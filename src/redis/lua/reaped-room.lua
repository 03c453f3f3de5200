-- A claimed room was looked after. Must not forget what became due meanwhile.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 room  2 claim  3 when to look again (ms), or ''  4 life of what is kept (ms)
-- Returns {reaped, time}
local now = store_time()
local due, room = KEYS[3], ARGV[1]
if tonumber(redis.call('ZSCORE', due, room) or '') == tonumber(ARGV[2]) then redis.call('ZREM', due, room) end
if ARGV[3] ~= '' then
  redis.call('ZADD', due, 'LT', ARGV[3], room)
  redis.call('PEXPIRE', due, ARGV[4])
end
return {'reaped', now}
