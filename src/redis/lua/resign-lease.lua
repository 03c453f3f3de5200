-- Ends a node's lease when it stops in good order. Its members have HANDOVER_MS to come back on other nodes. The next
-- survey makes its rooms due.
local node = ARGV[1]
redis.call('ZREM', leases, node)
redis.call('HDEL', listed, node)
redis.call('ZADD', dead, 'NX', now + HANDOVER_MS, node)
redis.call('PEXPIRE', dead, LEASES_TTL_MS)
return {'resigned', now}
