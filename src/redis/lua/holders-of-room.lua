-- Which of these nodes serve a room. Only reads.
-- ARGV   room, node, …
-- Returns   {holders, time, yes | no | unknown, …}; unknown: the node has not listed all its rooms to this server
local room, present_id = ARGV[1], replication_id()

local function holds(node)
  if redis.call('SISMEMBER', rooms_prefix .. node, room) == 1 then return 'yes' end
  return redis.call('HGET', listed, node) == present_id and 'no' or 'unknown'
end

local reply = {'holders', now}
for index = 2, #ARGV do reply[#reply + 1] = holds(ARGV[index]) end
return reply
