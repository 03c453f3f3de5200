-- Asks nodes to look for members of their own in a room. Must not know why.
-- KEYS  1 leases  2 gone  3 due  4 prefix of the nodes' sets of rooms  5 prefix of what they are asked
-- ARGV  1 room  2 life of what is kept (ms)  3… nodes
-- Returns {asked, time}
local now = store_time()
for index = 3, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[index]) then
    local asked = KEYS[5] .. ARGV[index]
    redis.call('SADD', asked, ARGV[1])
    redis.call('PEXPIRE', asked, ARGV[2])
  end
end
return {'asked', now}
