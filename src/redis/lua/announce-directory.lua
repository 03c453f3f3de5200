-- Lists a room, or replaces its entry (JSON), in all indexes at once; notes its owner.
local room, shelf, by_new, by_audience, owner, entry = unpack(ARGV)

sweep(20)
local former_owner = unlist(room)
if former_owner and former_owner ~= owner then redis.call('ZREM', owned_by(former_owner), room) end
claim(owner, room)

redis.call('HSET', entries, room, table.concat({now, shelf, by_new, by_audience, owner, entry}, '|'))
redis.call('ZADD', announced, now, room)
redis.call('PEXPIRE', entries, DIRECTORY_TTL_MS)
redis.call('PEXPIRE', announced, DIRECTORY_TTL_MS)
for _, index in ipairs(index_names(shelf, by_new, by_audience)) do
  redis.call('ZADD', index[1], 0, index[2])
  redis.call('PEXPIRE', index[1], DIRECTORY_TTL_MS)
end
return {'announced', now}
