-- A node tells all rooms that it holds. What it was said to hold besides is looked after by somebody: this server took over
-- from one that knew better, and may have lost how those who were there went.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 node  2 lease (ms)  3 life of what is kept (ms)  4… room
-- Returns {listed | lost, time}
local now = store_time()
local node, lease_ms, life_ms = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local rooms, due = KEYS[4] .. node, KEYS[3]
if redis.call('ZSCORE', KEYS[2], node) then return {'lost', now} end

local is_leased = redis.call('ZSCORE', KEYS[1], node)
local held = {}
for index = 4, #ARGV do held[ARGV[index]] = true end
for _, room in ipairs(redis.call('SMEMBERS', rooms)) do
  if not held[room] then redis.call('ZADD', due, 'LT', now, room) end
end
redis.call('DEL', rooms)
for room in pairs(held) do
  redis.call('SADD', rooms, room)
  -- Nobody would find it through this node.
  if not is_leased then redis.call('ZADD', due, 'LT', now + lease_ms, room) end
end
redis.call('HSET', KEYS[5], node, history())
redis.call('PEXPIRE', rooms, life_ms)
redis.call('PEXPIRE', due, life_ms)
redis.call('PEXPIRE', KEYS[5], life_ms)
return {'listed', now}
