-- Which of these nodes serve a room. Only reads.
-- KEYS   1 leases  2 gone: the dead nodes  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV   1 room  2… node
-- Returns   {holders, time, yes | no | unknown, …}; unknown: the node has not listed all its rooms to this server
local rooms_prefix, listed, room = KEYS[4], KEYS[5], ARGV[1]
local present_id = replication_id()

local function holds(node)
  if redis.call('SISMEMBER', rooms_prefix .. node, room) == 1 then return 'yes' end
  return redis.call('HGET', listed, node) == present_id and 'no' or 'unknown'
end

local reply = {'holders', (store_time())}
for index = 2, #ARGV do reply[#reply + 1] = holds(ARGV[index]) end
return reply
