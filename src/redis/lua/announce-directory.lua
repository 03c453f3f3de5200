-- Lists a room, or brings its line up to date, in all indexes at once; notes whose it is.
-- KEYS  as in directory.lua
-- ARGV  1 room  2 shelf  3 name by new  4 name by audience  5 owner  6 entry JSON
--       7 life of an entry  8 of a claim  9 of keys (ms)
-- Returns {announced, time}
local now = store_time()
local room, shelf, by_new, by_audience, owner, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local life = ARGV[9]

sweep(now - tonumber(ARGV[7]), 20)
local former = unlist(room)
if former and former ~= owner then redis.call('ZREM', owned_by(former), room) end
claim(owner, room, now, ARGV[8])

local line = {now, shelf, by_new, by_audience, owner, entry}
redis.call('HSET', entries, room, table.concat(line, '|'))
redis.call('ZADD', announced, now, room)
redis.call('PEXPIRE', entries, life)
redis.call('PEXPIRE', announced, life)
for _, place in ipairs(places(shelf, by_new, by_audience)) do
  redis.call('ZADD', place[1], 0, place[2])
  redis.call('PEXPIRE', place[1], life)
end
return {'announced', now}
