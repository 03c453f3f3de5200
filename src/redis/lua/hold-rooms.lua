-- Notes which rooms nodes begin and cease to serve, in the order in which that happened.
-- KEYS   1 leases  2 gone: the dead nodes  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV   1… node, hold | release, room
-- Returns   {noted, time, held | released | dead, …}
local leases, dead, due, rooms_prefix = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now = store_time()

local function note(node, act, room)
  local rooms = rooms_prefix .. node
  if act == 'release' then
    redis.call('SREM', rooms, room)
    return 'released'
  end
  if redis.call('ZSCORE', dead, node) then return 'dead' end
  redis.call('SADD', rooms, room)
  redis.call('PEXPIRE', rooms, LEASES_TTL_MS)
  if not redis.call('ZSCORE', leases, node) then
    -- No survey would find the room through a node without a lease.
    redis.call('ZADD', due, 'LT', now + LEASE_MS, room)
    redis.call('PEXPIRE', due, LEASES_TTL_MS)
  end
  return 'held'
end

local reply = {'noted', now}
for index = 1, #ARGV, 3 do reply[#reply + 1] = note(ARGV[index], ARGV[index + 1], ARGV[index + 2]) end
return reply
