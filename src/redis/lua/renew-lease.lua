-- Renews a node's lease, unless the node was declared dead.
-- KEYS   1 leases  2 gone: the dead nodes  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV   1 node
-- Returns   {renewed | unlisted | dead, time}; unlisted: this server may not know all rooms of the node
local leases, dead, rooms, listed, node = KEYS[1], KEYS[2], KEYS[4] .. ARGV[1], KEYS[5], ARGV[1]
local now = store_time()
if redis.call('ZSCORE', dead, node) then return {'dead', now} end
local is_new = redis.call('ZADD', leases, now + LEASE_MS, node) == 1
for _, key in ipairs({leases, rooms, listed}) do redis.call('PEXPIRE', key, LEASES_TTL_MS) end
local is_listed = redis.call('HGET', listed, node) == replication_id()
return {(is_new or not is_listed) and 'unlisted' or 'renewed', now}
