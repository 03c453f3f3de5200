-- Of these rooms, those that no node holds and nobody is to look after become due now.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 listed
-- ARGV  1 life of what is kept (ms)  2… room
-- Returns {adopted, time, how many}
local now = store_time()
local due = KEYS[3]
local rooms = {}
for index = 2, #ARGV do rooms[#rooms + 1] = ARGV[index] end

local is_known = {}
for _, nodes in ipairs({KEYS[1], KEYS[2]}) do
  for _, node in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do
    for index, is_held in ipairs(redis.call('SMISMEMBER', KEYS[4] .. node, unpack(rooms))) do
      if is_held == 1 then is_known[index] = true end
    end
  end
end

local adopted = 0
for index, room in ipairs(rooms) do
  if not is_known[index] and redis.call('ZADD', due, 'NX', now, room) == 1 then adopted = adopted + 1 end
end
if adopted > 0 then redis.call('PEXPIRE', due, ARGV[1]) end
return {'adopted', now, adopted}
