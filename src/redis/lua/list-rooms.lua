-- Takes the full list of the rooms that a node serves. Other rooms that it was known to serve become due. This server
-- may have taken over from one that knew more, and may lack how the members of those rooms left.
-- ARGV   node, room, …
-- Returns   {listed | dead, time}
local node, rooms = ARGV[1], rooms_prefix .. ARGV[1]
if redis.call('ZSCORE', dead, node) then return {'dead', now} end

local is_leased = redis.call('ZSCORE', leases, node)
local is_held = {}
for index = 2, #ARGV do is_held[ARGV[index]] = true end
for _, room in ipairs(redis.call('SMEMBERS', rooms)) do
  if not is_held[room] then redis.call('ZADD', due, 'LT', now, room) end
end
redis.call('DEL', rooms)
for room in pairs(is_held) do
  redis.call('SADD', rooms, room)
  -- No survey would find the room through a node without a lease.
  if not is_leased then redis.call('ZADD', due, 'LT', now + LEASE_MS, room) end
end
redis.call('HSET', listed, node, replication_id())
for _, key in ipairs({rooms, due, listed}) do redis.call('PEXPIRE', key, LEASES_TTL_MS) end
return {'listed', now}
