-- What the scripts of rooms share; it comes before each of them, after the prelude.
-- KEYS   the room's keys, see redis/keys: `held` has the pinned users, `done` the remembered answers
-- Fences travel as texts, also within JSON: they have more digits than cjson keeps.
-- Outcomes of several scripts:
--   stale_write                             the write was on its way for too long: nothing was done
--   absent, replication id                  there is no such room under the present replication id
--   recovery_required, replication id       the room was kept under another replication id: see recover-room
--   answered, "time|command|json"           the command is known: nothing was written
--   closed; gone                            the room is closed; the sender's session is over

local stage, log, members, pinned, uids, answers, bans, silences, chat = unpack(KEYS)
local epoch, version, kept_under, is_closed, entry_version =
  unpack(redis.call('HMGET', stage, 'epoch', 'version', 'history', 'isClosed', 'door'))
version = tonumber(version or '')
local present_id = replication_id()

--- Whether a write was on its way for too long, so that it must not happen. `sent` is '' or nil for a write of any age.
local function is_stale(sent)
  return sent ~= nil and sent ~= '' and math.abs(now - tonumber(sent)) > CLOCK_TOLERANCE_MS
end

--- The reply of a room that is missing, or must be recovered first; nil when it can be used.
local function unusable()
  if not epoch then return {'absent', now, present_id} end
  if kept_under ~= present_id then return {'recovery_required', now, present_id} end
end

--- Appends the log's records after version `after` to the reply; false when the log does not have them all.
local function append_records(reply, after)
  local before = #reply
  if version > after then
    for _, entry in ipairs(redis.call('XRANGE', log, (after + 1) .. '-0', '+')) do reply[#reply + 1] = entry[2][2] end
  end
  return #reply == before + version - after
end

--- {outcome, now, field, value, …} of the whole stage.
local function whole_stage(outcome)
  local reply = redis.call('HGETALL', stage)
  table.insert(reply, 1, now)
  table.insert(reply, 1, outcome)
  return reply
end

--- Whether a remembered answer, "time|command|json", is not too old.
local function is_remembered(answer)
  return answer and tonumber(string.match(answer, '^%d+')) > now - ANSWER_MEMORY_MS
end

--- Looks through the answers for old ones, at most once every ANSWER_PRUNE_MS.
local function forget_old_answers()
  if now <= tonumber(redis.call('HGET', answers, ':')) then return end
  local all = redis.call('HGETALL', answers)
  for index = 1, #all, 2 do
    local at = string.match(all[index + 1], '^(%d+)|')
    if at and tonumber(at) <= now - ANSWER_MEMORY_MS then redis.call('HDEL', answers, all[index]) end
  end
  redis.call('HSET', answers, ':', now + ANSWER_PRUNE_MS)
end

--- Remembers that a command is done, under its key; nothing for the key ''.
local function remember_done(key, command)
  if key == '' then return end
  forget_old_answers()
  redis.call('HSET', answers, key, now .. '|' .. command .. '|{}')
end

--- A stored member is fence|uid|since|node|profile: its fence and uid, and what follows the fence.
local function parse_member(text)
  local fence, uid = string.match(text, "^(%d+)|(%d+)")
  return fence, uid, string.sub(text, #fence + 1)
end

--- Why a sender's command cannot be carried out: 'answered' with the answer, 'closed' or 'gone'; nil when it can. The
--- key '' has no answer. The app's backend sends with the fence '' and needs no session.
local function hindrance(user, fence, key)
  local known = key ~= '' and redis.call('HGET', answers, key)
  if is_remembered(known) then return 'answered', known end
  if is_closed == '1' then return 'closed' end
  local member = fence ~= '' and redis.call('HGET', members, user)
  if fence ~= '' and (not member or parse_member(member) ~= fence) then return 'gone' end
end

--- Whether a ban or silence (until|by|at, until empty: forever) is in force, and until when ('' for forever).
local function in_force(text)
  local limit = text and string.match(text, '^(%d*)|')
  if not limit or (limit ~= '' and tonumber(limit) <= now) then return false end
  return true, limit
end

--- A member that left, as the feed carries it.
local function left_json(user, fence)
  return '{"userId":"' .. user .. '","fence":' .. fence .. '}'
end
