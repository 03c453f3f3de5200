-- What all scripts share; put before each of them. Must not write to the stage.

--- The store's time in milliseconds, and in microseconds.
local function store_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), tonumber(time[1]) * 1000000 + tonumber(time[2])
end

--- Whether what was sent at that moment ('' or nil: no matter when) was on its way for so long that it must not happen.
local function is_late(now, sent, tolerance)
  return sent ~= nil and sent ~= '' and math.abs(now - tonumber(sent)) > tonumber(tolerance)
end

--- Names the data of this server as one unbroken history: changes when it restarts and when a replica takes over. Kept by
--- every replica under the same name, so what a room was validated under tells whether something may have been lost since.
local function history()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

--- Appends the log's records after `version` up to `current`; false when the log does not have them all.
local function append_records(reply, log, version, current)
  local before = #reply
  if current > version then
    for _, entry in ipairs(redis.call('XRANGE', log, (version + 1) .. '-0', '+')) do
      reply[#reply + 1] = entry[2][2]
    end
  end
  return #reply == before + current - version
end

--- {outcome, now, field, value, …} of the whole stage.
local function whole_stage(outcome, now, stage)
  local reply = redis.call('HGETALL', stage)
  table.insert(reply, 1, now)
  table.insert(reply, 1, outcome)
  return reply
end

--- The answer remembered under that key, "time|command|json"; nil when there is none or it is too old.
local function known_answer(done, key, now, memory_ms)
  local known = redis.call('HGET', done, key)
  if known and tonumber(string.match(known, '^%d+')) > now - memory_ms then return known end
end

--- Looks through the answers for old ones, not more often than each `prune_ms`.
local function forget_old_answers(done, now, memory_ms, prune_ms)
  if now <= tonumber(redis.call('HGET', done, ':')) then return end
  local all = redis.call('HGETALL', done)
  for index = 1, #all, 2 do
    local at = string.match(all[index + 1], '^(%d+)|')
    if at and tonumber(at) <= now - memory_ms then redis.call('HDEL', done, all[index]) end
  end
  redis.call('HSET', done, ':', now + prune_ms)
end

--- Why nothing can be said in this room: 'absent', 'recovery_required', 'closed' or nil; and the present history.
local function room_refusal(stage)
  local present, state = history(), redis.call('HMGET', stage, 'isClosed', 'history')
  if not state[1] then return 'absent', present end
  if state[2] ~= present then return 'recovery_required', present end
  if state[1] == '1' then return 'closed', present end
end

--- A stored member is fence|uid|since|node|profile: its fence and uid, and what follows the fence.
local function parse_member(text)
  local fence, uid = string.match(text, "^(%d+)|(%d+)")
  return fence, uid, string.sub(text, #fence + 1)
end

--- Whether a ban or silence (until|by|at, until empty for ever) is in force, and until when ('' for ever).
local function in_force(text, now)
  local limit = text and string.match(text, '^(%d*)|')
  if not limit or (limit ~= '' and tonumber(limit) <= now) then return false end
  return true, limit
end

local function left_json(user, fence)
  return '{"userId":"' .. user .. '","fence":' .. fence .. '}'
end

--- Tells the room's feed who left, with the number of those who stay.
local function announce_left(channel, members, left)
  local count = redis.call('HLEN', members) - 1
  redis.call(PUBLISH, channel, '{"kind":"audience","count":' .. count .. ',"left":[' .. table.concat(left, ',') .. ']}')
end
