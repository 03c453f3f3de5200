-- Notes which rooms nodes hold, and which they have let go of, in the order in which that happened.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 lease (ms)  2 life of what is kept (ms)  3… node, hold | release, room
-- Returns {noted, time, held | released | lost, …}
local now = store_time()
local leases, gone, due = KEYS[1], KEYS[2], KEYS[3]
local lease_ms, life_ms = tonumber(ARGV[1]), ARGV[2]

local function note(node, act, room)
  local rooms = KEYS[4] .. node
  if act == 'release' then
    redis.call('SREM', rooms, room)
    return 'released'
  end
  if redis.call('ZSCORE', gone, node) then return 'lost' end
  redis.call('SADD', rooms, room)
  redis.call('PEXPIRE', rooms, life_ms)
  if not redis.call('ZSCORE', leases, node) then
    -- Nobody would find it through this node.
    redis.call('ZADD', due, 'LT', now + lease_ms, room)
    redis.call('PEXPIRE', due, life_ms)
  end
  return 'held'
end

local reply = {'noted', now}
for index = 3, #ARGV, 3 do reply[#reply + 1] = note(ARGV[index], ARGV[index + 1], ARGV[index + 2]) end
return reply
