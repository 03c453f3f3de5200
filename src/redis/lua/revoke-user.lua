-- Refuses a user's tokens up to a second, and tells all nodes. A later revocation never weakens an earlier one.
-- ARGV   user, second, moment of the revocation (ms), how long it is remembered (ms), channel
local revoked, user, at, channel = KEYS[2], ARGV[1], ARGV[3], ARGV[5]
local second, ttl_ms = tonumber(ARGV[2]), tonumber(ARGV[4])
local old_second, old_ttl_ms = redis.call('GET', revoked), redis.call('PTTL', revoked)
if old_second then second, ttl_ms = math.max(second, tonumber(old_second)), math.max(ttl_ms, old_ttl_ms) end
redis.call('SET', revoked, string.format('%.0f', second), 'PX', string.format('%.0f', ttl_ms))
redis.call('PUBLISH', channel, '{"kind":"revoked","userId":"' .. user .. '","at":' .. at .. '}')
return {'revoked', now}
