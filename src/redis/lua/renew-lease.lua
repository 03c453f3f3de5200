-- Renews a node's lease, unless the node was declared dead.
-- Returns   {renewed | unlisted | dead, time}; unlisted: this server may not know all rooms of the node
local node = ARGV[1]
if redis.call('ZSCORE', dead, node) then return {'dead', now} end
local is_new = redis.call('ZADD', leases, now + LEASE_MS, node) == 1
for _, key in ipairs({leases, rooms_prefix .. node, listed}) do redis.call('PEXPIRE', key, LEASES_TTL_MS) end
local is_listed = redis.call('HGET', listed, node) == replication_id()
return {(is_new or not is_listed) and 'unlisted' or 'renewed', now}
