-- Notes which rooms nodes begin and cease to serve, in the order in which that happened.
-- ARGV   node, hold | release, room, …
-- Returns   {noted, time, held | released | dead, …}
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
