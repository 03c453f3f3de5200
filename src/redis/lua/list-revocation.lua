-- Puts a revocation on the list that nodes read which may have missed its news.
-- KEYS  1 revocations
-- ARGV  1 user  2 how long it stays on the list (ms)
-- Returns {listed, time, time}: the moment of the revocation is the store's
local now = store_time()
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'listed', now, now}
