-- Declares nodes gone whose lease has ended, makes their rooms due, and claims rooms that are. Must not know what is in a
-- room.
-- KEYS  1 leases (`:` → the time of the last survey)  2 gone  3 due  4 prefix of the nodes' sets of rooms
--       5 listed (`:` → this server's history, and the time of the first survey under it)
-- ARGV  1 lease (ms)  2 claim (ms)  3 silence after which the store was away (ms)  4 memory of nodes that are gone (ms)
--       5 rooms made due at most  6 rooms claimed at most  7 life of what is kept (ms)
-- Returns {surveyed, time, since, number of live nodes, node, …, number of nodes gone, node, dropAt, …, room, claim, …}
local now = store_time()
local leases, gone, due = KEYS[1], KEYS[2], KEYS[3]
local lease_ms, claim_ms, away_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local memory_ms, handed_max, limit, life_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]

local surveyed = tonumber(redis.call('ZSCORE', leases, ':') or '')
redis.call('ZADD', leases, now, ':')
redis.call('PEXPIRE', leases, life_ms)
local present = history()
local known, since = string.match(redis.call('HGET', KEYS[5], ':') or '', '^(%x+)|(%d+)$')
if known ~= present then
  since = now
  redis.call('HSET', KEYS[5], ':', present .. '|' .. now)
end
redis.call('PEXPIRE', KEYS[5], life_ms)
local is_back = not surveyed or now - surveyed > away_ms
local live = {}
for _, node in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
  if node ~= ':' then
    if is_back then redis.call('ZADD', leases, 'GT', now + lease_ms, node) end
    local lease_end = tonumber(redis.call('ZSCORE', leases, node))
    if lease_end > now then
      live[#live + 1] = node
    else
      redis.call('ZREM', leases, node)
      redis.call('HDEL', KEYS[5], node)
      redis.call('ZADD', gone, lease_end, node)
    end
  end
end

local handed = 0
local gone_nodes = redis.call('ZRANGE', gone, 0, -1, 'WITHSCORES')
for index = 1, #gone_nodes, 2 do
  local node, drop_at = gone_nodes[index], tonumber(gone_nodes[index + 1])
  local rooms = KEYS[4] .. node
  if handed < handed_max then
    for _, room in ipairs(redis.call('SPOP', rooms, handed_max - handed)) do
      redis.call('ZADD', due, 'LT', math.max(now, drop_at), room)
      handed = handed + 1
    end
    if drop_at <= now - memory_ms and redis.call('EXISTS', rooms) == 0 then redis.call('ZREM', gone, node) end
  end
end

local claimed = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit)
for _, room in ipairs(claimed) do redis.call('ZADD', due, now + claim_ms, room) end
redis.call('PEXPIRE', gone, life_ms)
redis.call('PEXPIRE', due, life_ms)

local reply = {'surveyed', now, since, #live}
for _, node in ipairs(live) do reply[#reply + 1] = node end
local known_gone = redis.call('ZRANGE', gone, 0, -1, 'WITHSCORES')
reply[#reply + 1] = #known_gone / 2
for _, text in ipairs(known_gone) do reply[#reply + 1] = text end
for _, room in ipairs(claimed) do
  reply[#reply + 1] = room
  reply[#reply + 1] = now + claim_ms
end
return reply
