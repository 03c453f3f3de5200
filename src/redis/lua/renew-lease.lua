-- Renews a node's lease, unless the node was declared gone. Must not know what a node does.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 node  2 lease (ms)  3 life of what is kept (ms)
-- Returns {held | anew | lost, time}
local now = store_time()
local leases, gone, node = KEYS[1], KEYS[2], ARGV[1]
if redis.call('ZSCORE', gone, node) then return {'lost', now} end
local is_new = redis.call('ZADD', leases, now + tonumber(ARGV[2]), node)
redis.call('PEXPIRE', leases, ARGV[3])
redis.call('PEXPIRE', KEYS[4] .. node, ARGV[3])
redis.call('PEXPIRE', KEYS[5], ARGV[3])
local is_listed = redis.call('HGET', KEYS[5], node) == history()
return {(is_new == 1 or not is_listed) and 'anew' or 'held', now}
