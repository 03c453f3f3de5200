-- Declares nodes dead whose lease has ended, makes their rooms due, and claims rooms that are due.
-- Returns   {surveyed, time, time of this server's first survey, number of live nodes, node, …,
--   number of dead nodes, node, when its members count as dropped, …, room, claim, …}
local rooms_max = tonumber(ARGV[1])

--- Notes this survey. Returns whether the store was away before it, and when this server was first surveyed.
local function note_survey()
  local last = tonumber(redis.call('ZSCORE', leases, ':') or '')
  redis.call('ZADD', leases, now, ':')
  redis.call('PEXPIRE', leases, LEASES_TTL_MS)
  local present_id = replication_id()
  local known_id, since = string.match(redis.call('HGET', listed, ':') or '', '^(%x+)|(%d+)$')
  if known_id ~= present_id then
    since = now
    redis.call('HSET', listed, ':', present_id .. '|' .. now)
  end
  redis.call('PEXPIRE', listed, LEASES_TTL_MS)
  return not last or now - last > AWAY_MS, since
end

--- Moves nodes whose lease has ended to the dead ones. Returns those that live.
local function declare_dead(was_away)
  local live = {}
  for _, node in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    if node ~= ':' then
      if was_away then redis.call('ZADD', leases, 'GT', now + LEASE_MS, node) end
      local lease_end = tonumber(redis.call('ZSCORE', leases, node))
      if lease_end > now then
        live[#live + 1] = node
      else
        redis.call('ZREM', leases, node)
        redis.call('HDEL', listed, node)
        redis.call('ZADD', dead, lease_end, node)
      end
    end
  end
  return live
end

--- Makes rooms of dead nodes due, HANDED_OVER_MAX at most. Forgets nodes that died long ago and have no room left.
local function hand_over_rooms()
  local handed_over = 0
  local dead_nodes = redis.call('ZRANGE', dead, 0, -1, 'WITHSCORES')
  for index = 1, #dead_nodes, 2 do
    local node, drop_at = dead_nodes[index], tonumber(dead_nodes[index + 1])
    local rooms = rooms_prefix .. node
    if handed_over < HANDED_OVER_MAX then
      for _, room in ipairs(redis.call('SPOP', rooms, HANDED_OVER_MAX - handed_over)) do
        redis.call('ZADD', due, 'LT', math.max(now, drop_at), room)
        handed_over = handed_over + 1
      end
      local is_forgotten = drop_at <= now - DEAD_NODE_MEMORY_MS and redis.call('EXISTS', rooms) == 0
      if is_forgotten then redis.call('ZREM', dead, node) end
    end
  end
end

local function claim_due_rooms()
  local claimed = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, rooms_max)
  for _, room in ipairs(claimed) do redis.call('ZADD', due, now + CLAIM_MS, room) end
  return claimed
end

local was_away, since = note_survey()
local live = declare_dead(was_away)
hand_over_rooms()
local claimed = claim_due_rooms()
redis.call('PEXPIRE', dead, LEASES_TTL_MS)
redis.call('PEXPIRE', due, LEASES_TTL_MS)

local reply = {'surveyed', now, since, #live}
for _, node in ipairs(live) do reply[#reply + 1] = node end
local known_dead = redis.call('ZRANGE', dead, 0, -1, 'WITHSCORES')
reply[#reply + 1] = #known_dead / 2
for _, text in ipairs(known_dead) do reply[#reply + 1] = text end
for _, room in ipairs(claimed) do
  reply[#reply + 1] = room
  reply[#reply + 1] = now + CLAIM_MS
end
return reply
