-- Refuses a user's tokens up to a second, and tells all nodes. A later revocation never makes an earlier one weaker.
-- KEYS  1 sessions  2 revoked
-- ARGV  1 user  2 second  3 moment of the revocation (ms)  4 how long it is remembered (ms)  5 channel
-- Returns {revoked, time}
local now = store_time()
local second, ttl = tonumber(ARGV[2]), tonumber(ARGV[4])
local old, left = redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[2])
if old then second, ttl = math.max(second, tonumber(old)), math.max(ttl, left) end
redis.call('SET', KEYS[2], string.format('%.0f', second), 'PX', string.format('%.0f', ttl))
redis.call('PUBLISH', ARGV[5], '{"kind":"revoked","userId":"' .. ARGV[1] .. '","at":' .. ARGV[3] .. '}')
return {'revoked', now}
