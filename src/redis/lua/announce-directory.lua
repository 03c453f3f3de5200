-- Lists a room, or brings its line up to date, in all indexes at once.
-- KEYS  as in directory.lua
-- ARGV  1 room  2 shelf  3 name by new  4 name by audience  5 entry JSON  6 life of an entry (ms)  7 life of keys (ms)
-- Returns {announced, time}
local now = store_time()
local room, shelf, by_new, by_audience, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

sweep(now - tonumber(ARGV[6]), 20)
unlist(room)
redis.call('HSET', entries, room, now .. '|' .. shelf .. '|' .. by_new .. '|' .. by_audience .. '|' .. entry)
redis.call('ZADD', announced, now, room)
redis.call('PEXPIRE', entries, ARGV[7])
redis.call('PEXPIRE', announced, ARGV[7])
for _, place in ipairs(places(shelf, by_new, by_audience)) do
  redis.call('ZADD', place[1], 0, place[2])
  redis.call('PEXPIRE', place[1], ARGV[7])
end
return {'announced', now}
