-- Ends a node's lease when it stops in good order. Its members have HANDOVER_MS to come back on other nodes. The next
-- survey makes its rooms due.
-- KEYS   1 leases  2 gone: the dead nodes  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV   1 node
-- Returns   {resigned, time}
local leases, dead, listed, node = KEYS[1], KEYS[2], KEYS[5], ARGV[1]
local now = store_time()
redis.call('ZREM', leases, node)
redis.call('HDEL', listed, node)
redis.call('ZADD', dead, 'NX', now + HANDOVER_MS, node)
redis.call('PEXPIRE', dead, LEASES_TTL_MS)
return {'resigned', now}
