-- Which of these nodes hold a room. Must not write.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 room  2… node
-- Returns {holders, time, holds | not | unknown, …}: unknown as long as the node has not told all its rooms to this server
local reply = {'holders', (store_time())}
local present = history()
for index = 2, #ARGV do
  local node = ARGV[index]
  local answer = 'unknown'
  if redis.call('SISMEMBER', KEYS[4] .. node, ARGV[1]) == 1 then
    answer = 'holds'
  elseif redis.call('HGET', KEYS[5], node) == present then
    answer = 'not'
  end
  reply[#reply + 1] = answer
end
return reply
