-- Opens a session of a user, or notes that it is still open. Refuses revoked tokens. Above the limit the oldest
-- sessions are displaced.
-- ARGV   issued_second: of the token; first_admission: µs or ''; then the dead nodes
-- Returns   {revoked, time} | {admitted, time, first admission (µs), displaced session, …}
local sessions, revoked = unpack(KEYS)
local user, session, issued_second, first_admission, channel, node = unpack(ARGV, 1, 6)
local first_dead = 7

local revoked_second = redis.call('GET', revoked)
if revoked_second and tonumber(issued_second) <= tonumber(revoked_second) then
  redis.call('HDEL', sessions, session)
  return {'revoked', now}
end

local since = first_admission ~= '' and first_admission or string.format('%.0f', now_us)
redis.call('HSET', sessions, session, since .. '|' .. now .. '|' .. node)
redis.call('PEXPIRE', sessions, SESSION_TTL_MS)

--- The user's open sessions, the oldest first. Sessions of dead nodes, or long unseen, are removed.
local function open_sessions()
  local is_dead = {}
  for index = first_dead, #ARGV do is_dead[ARGV[index]] = true end
  local open = {}
  local all = redis.call('HGETALL', sessions)
  for index = 1, #all, 2 do
    local id, text = all[index], all[index + 1]
    local first, seen, node_id = string.match(text, '^(%d+)|(%d+)|?(.*)$')
    if tonumber(seen) <= now - SESSION_TTL_MS or is_dead[node_id] then
      redis.call('HDEL', sessions, id)
    else
      open[#open + 1] = {id = id, first = tonumber(first)}
    end
  end
  table.sort(open, function(a, b) return a.first < b.first or (a.first == b.first and a.id < b.id) end)
  return open
end

local open = open_sessions()
local reply, displaced = {'admitted', now, since}, {}
for index = 1, #open - SESSIONS_PER_USER_MAX do
  local id = open[index].id
  redis.call('HDEL', sessions, id)
  reply[#reply + 1] = id
  displaced[#displaced + 1] = '"' .. id .. '"'
end
if #displaced > 0 then
  redis.call('PUBLISH', channel,
    '{"kind":"displaced","userId":"' .. user .. '","sessions":[' .. table.concat(displaced, ',') .. ']}')
end
return reply
