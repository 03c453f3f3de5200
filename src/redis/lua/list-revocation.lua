-- Puts a revocation on the list for nodes that may have missed its news.
-- Returns   {listed, time, time}: the moment of the revocation is the store's
local revocations, user = KEYS[1], ARGV[1]
redis.call('ZREMRANGEBYSCORE', revocations, '-inf', now - REVOCATION_NEWS_MS)
redis.call('ZADD', revocations, now, user)
redis.call('PEXPIRE', revocations, REVOCATION_NEWS_MS)
return {'listed', now, now}
