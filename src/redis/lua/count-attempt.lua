-- Counts one attempt, unless there have been too many. Each counted attempt starts the lockout time again.
-- Returns   {allowed, time} | {locked, time, ms until it is over}
local counter = KEYS[1]
local count = tonumber(redis.call('GET', counter) or '0')
if count >= ATTEMPTS_MAX then return {'locked', now, redis.call('PTTL', counter)} end
redis.call('SET', counter, count + 1, 'PX', LOCKOUT_MS)
return {'allowed', now}
