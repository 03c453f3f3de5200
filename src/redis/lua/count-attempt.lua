-- Counts one attempt, unless there have been too many; every counted one starts the life time anew.
-- KEYS  1 counter
-- ARGV  1 attempts allowed  2 life time (ms)
-- Returns {allowed, time} | {locked, time, ms until it is over}
local now = store_time()
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then return {'locked', now, redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[1], count + 1, 'PX', ARGV[2])
return {'allowed', now}
