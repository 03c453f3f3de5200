-- Ends a node's lease in good order: its members have a while to come back elsewhere. The next survey sees to its rooms.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 node  2 time for its members to move (ms)  3 life of what is kept (ms)
-- Returns {resigned, time}
local now = store_time()
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('ZADD', KEYS[2], 'NX', now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'resigned', now}
