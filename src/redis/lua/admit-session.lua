-- Opens a session of a user, or says that it is still open: refuses revoked tokens, makes room by the oldest sessions.
-- KEYS  1 sessions  2 revoked
-- ARGV  1 user  2 session  3 second in which the token was issued  4 first admission (µs) or ''
--       5 sessions at most  6 life of a session nobody admits anew (ms)  7 channel  8 node  9… nodes that are gone
-- Returns {revoked, time} | {admitted, time, first admission (µs), displaced session, …}
local now, now_us = store_time()
local sessions, revoked = KEYS[1], KEYS[2]
local user, session, issued, most, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])

local revoked_second = redis.call('GET', revoked)
if revoked_second and issued <= tonumber(revoked_second) then
  redis.call('HDEL', sessions, session)
  return {'revoked', now}
end

local since = ARGV[4] ~= '' and ARGV[4] or string.format('%.0f', now_us)
redis.call('HSET', sessions, session, since .. '|' .. now .. '|' .. ARGV[8])
redis.call('PEXPIRE', sessions, ttl)

local gone = {}
for index = 9, #ARGV do gone[ARGV[index]] = true end
local open = {}
local all = redis.call('HGETALL', sessions)
for index = 1, #all, 2 do
  local first, seen, node = string.match(all[index + 1], '^(%d+)|(%d+)|?(.*)$')
  if tonumber(seen) <= now - ttl or gone[node] then
    redis.call('HDEL', sessions, all[index])
  else
    open[#open + 1] = {id = all[index], first = tonumber(first)}
  end
end
table.sort(open, function(a, b) return a.first < b.first or (a.first == b.first and a.id < b.id) end)

local reply, names = {'admitted', now, since}, {}
for index = 1, #open - most do
  redis.call('HDEL', sessions, open[index].id)
  reply[#reply + 1] = open[index].id
  names[#names + 1] = '"' .. open[index].id .. '"'
end
if #names > 0 then
  redis.call('PUBLISH', ARGV[7],
    '{"kind":"displaced","userId":"' .. user .. '","sessions":[' .. table.concat(names, ',') .. ']}')
end
return reply
