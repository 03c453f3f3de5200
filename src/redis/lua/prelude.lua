-- What all scripts share. redis/scripts.ts puts it before each of them, behind the constants that the text names.

--- The store's time in milliseconds, and in microseconds.
local function store_time()
  local time = redis.call('TIME')
  local seconds, micros = tonumber(time[1]), tonumber(time[2])
  return seconds * 1000 + math.floor(micros / 1000), seconds * 1000000 + micros
end

--- Whether a write was on its way for too long, so that it must not happen. `sent` is '' or nil for a write of any age.
local function is_stale(now, sent)
  return sent ~= nil and sent ~= '' and math.abs(now - tonumber(sent)) > CLOCK_TOLERANCE_MS
end

--- Names the data of this server as one unbroken history: it changes when the server restarts and when a replica takes
--- over. Every replica keeps it under the same name. So the id that a room was kept under tells whether something may
--- have been lost since.
local function replication_id()
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

--- Whether a remembered answer, "time|command|json", is not too old.
local function is_remembered(answer, now)
  return answer and tonumber(string.match(answer, '^%d+')) > now - ANSWER_MEMORY_MS
end

--- The answer remembered under that key; nil for the key '', and when there is none.
local function known_answer(answers, key, now)
  local known = key ~= '' and redis.call('HGET', answers, key)
  if is_remembered(known, now) then return known end
end

--- Looks through the answers for old ones, at most once every ANSWER_PRUNE_MS.
local function forget_old_answers(answers, now)
  if now <= tonumber(redis.call('HGET', answers, ':')) then return end
  local all = redis.call('HGETALL', answers)
  for index = 1, #all, 2 do
    local at = string.match(all[index + 1], '^(%d+)|')
    if at and tonumber(at) <= now - ANSWER_MEMORY_MS then redis.call('HDEL', answers, all[index]) end
  end
  redis.call('HSET', answers, ':', now + ANSWER_PRUNE_MS)
end

--- Remembers that a command is done, under its key; nothing for the key ''.
local function remember_done(answers, key, now, command)
  if key == '' then return end
  forget_old_answers(answers, now)
  redis.call('HSET', answers, key, now .. '|' .. command .. '|{}')
end

--- Why nobody can write in this room: 'absent', 'recovery_required', 'closed' or nil; and the present replication id.
local function room_refusal(stage)
  local present_id, state = replication_id(), redis.call('HMGET', stage, 'isClosed', 'history')
  if not state[1] then return 'absent', present_id end
  if state[2] ~= present_id then return 'recovery_required', present_id end
  if state[1] == '1' then return 'closed', present_id end
end

--- A stored member is fence|uid|since|node|profile: its fence and uid, and what follows the fence.
local function parse_member(text)
  local fence, uid = string.match(text, "^(%d+)|(%d+)")
  return fence, uid, string.sub(text, #fence + 1)
end

--- Whether a ban or silence (until|by|at, until empty: forever) is in force, and until when ('' for forever).
local function in_force(text, now)
  local limit = text and string.match(text, '^(%d*)|')
  if not limit or (limit ~= '' and tonumber(limit) <= now) then return false end
  return true, limit
end

--- A member that left, as the feed carries it.
local function left_json(user, fence)
  return '{"userId":"' .. user .. '","fence":' .. fence .. '}'
end
