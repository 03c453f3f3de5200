-- Lists a room, or replaces its entry, in all indexes at once; notes its owner.
-- KEYS   as in directory.lua
-- ARGV   1 room  2 shelf  3 name by new  4 name by audience  5 owner  6 entry JSON
-- Returns   {announced, time}
local room, shelf, by_new, by_audience, owner, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local now = store_time()

sweep(now - DIRECTORY_ENTRY_TTL_MS, 20)
local former_owner = unlist(room)
if former_owner and former_owner ~= owner then redis.call('ZREM', owned_by(former_owner), room) end
claim(owner, room, now)

redis.call('HSET', entries, room, table.concat({now, shelf, by_new, by_audience, owner, entry}, '|'))
redis.call('ZADD', announced, now, room)
redis.call('PEXPIRE', entries, DIRECTORY_TTL_MS)
redis.call('PEXPIRE', announced, DIRECTORY_TTL_MS)
for _, index in ipairs(index_names(shelf, by_new, by_audience)) do
  redis.call('ZADD', index[1], 0, index[2])
  redis.call('PEXPIRE', index[1], DIRECTORY_TTL_MS)
end
return {'announced', now}
