-- Commits one turn of a room in one step: compares, keeps, logs, announces. Knows versions, sections and sessions.
-- ARGV   decided_at: when the turn was decided (ms); expected_epoch, expected_version: on which; plan: JSON
--     { commandKeys: [key], guards|endedSessions|removals: [[user, fence]], pin|unpin: [user],
--       answers: [[key, "command|json"]], isClosing, onlyIfEmpty,
--       imposed: [[list, user, "until|by|at"]], lifted: [[list, user]] };
--   record: JSON, or '' when only the version is validated; then field, value pairs of the stage
-- Returns   stale_write | absent | recovery_required | {outcome, time, …}:
--   committed
--   answered, key, "time|command|json", …      some of the commands are known: nothing was written
--   behind, record, …                          the room is ahead in this epoch: the commits since
--   elsewhere, field, value, …                 another epoch, or too far ahead: the whole stage
--   refused, user, fence or '', …              sessions that are not what they were
--   occupied                                   onlyIfEmpty, and the room has members
local decided_at, expected_epoch, expected_version, channel, plan, record = unpack(ARGV, 1, 6)
expected_version = tonumber(expected_version)
local first_field = 7
local lists = {bans = bans, silences = silences}

if is_stale(decided_at) then return {'stale_write', now} end
local refusal = unusable()
if refusal then return refusal end
plan = cjson.decode(plan)
--- The stored texts of the members that the plan names.
local member_texts = {}

--- The reply with the answers of commands that are known already; nil when there are none.
local function remembered_answers()
  if #plan.commandKeys == 0 then return nil end
  local reply = {'answered', now}
  for index, answer in ipairs(redis.call('HMGET', answers, unpack(plan.commandKeys))) do
    if is_remembered(answer) then
      reply[#reply + 1] = plan.commandKeys[index]
      reply[#reply + 1] = answer
    end
  end
  if #reply > 2 then return reply end
end

--- The reply with what the turn has missed; nil when it was decided on the present version.
local function conflict()
  if epoch == expected_epoch and version == expected_version then return nil end
  local missed = version - expected_version
  if epoch == expected_epoch and missed > 0 and missed <= BEHIND_RECORDS_MAX then
    local reply = {'behind', now}
    if append_records(reply, expected_version) then return reply end
  end
  return whole_stage('elsewhere')
end

--- The reply with the sessions that are not what the turn expects; nil when all are.
local function refused_sessions()
  local reply = {'refused', now}
  for _, sessions in ipairs({plan.guards, plan.endedSessions, plan.removals}) do
    for _, session in ipairs(sessions) do
      local user, expected = session[1], session[2]
      local member = redis.call('HGET', members, user)
      local fence = member and parse_member(member) or ''
      member_texts[user] = member
      if fence ~= expected then
        reply[#reply + 1] = user
        reply[#reply + 1] = fence
      end
    end
  end
  if #reply > 2 then return reply end
end

--- Carries out what the commit does to members. Returns those that left, as the feed carries them.
local function write_members()
  for _, session in ipairs(plan.endedSessions) do
    local user, fence = session[1], session[2]
    local _, _, rest = parse_member(member_texts[user])
    redis.call('HSET', members, user, string.format('%.0f', tonumber(fence) + 1) .. rest)
  end
  local left = {}
  for _, session in ipairs(plan.removals) do
    local user, fence = session[1], session[2]
    local _, uid = parse_member(member_texts[user])
    redis.call('HDEL', members, user)
    redis.call('HDEL', uids, uid)
    left[#left + 1] = left_json(user, fence)
  end
  if #plan.pin > 0 then redis.call('SADD', pinned, unpack(plan.pin)) end
  if #plan.unpin > 0 then redis.call('SREM', pinned, unpack(plan.unpin)) end
  return left
end

--- Removes the sanctions whose time is over. The placeholder stays.
local function drop_expired(list)
  local all = redis.call('HGETALL', list)
  for index = 1, #all, 2 do
    if all[index] ~= ':' and not in_force(all[index + 1]) then redis.call('HDEL', list, all[index]) end
  end
end

local function write_sanctions()
  local is_pruned = {}
  for _, sanction in ipairs(plan.imposed) do
    local list, user, text = lists[sanction[1]], sanction[2], sanction[3]
    -- Once a commit: a long list that is all in force would be read again for each of a hundred bans.
    if not is_pruned[list] and redis.call('HLEN', list) - 1 >= SANCTIONS_PRUNED_FROM then
      drop_expired(list)
      is_pruned[list] = true
    end
    redis.call('HSET', list, user, text)
  end
  for _, sanction in ipairs(plan.lifted) do redis.call('HDEL', lists[sanction[1]], sanction[2]) end
end

local function write_answers()
  if #plan.answers == 0 then return end
  forget_old_answers()
  for _, answer in ipairs(plan.answers) do redis.call('HSET', answers, answer[1], now .. '|' .. answer[2]) end
end

--- Ends all memberships. Redis frees the memory of a large room in the background.
local function close()
  redis.call('UNLINK', members, pinned, uids)
  redis.call('HSET', members, ':', '')
  redis.call('SADD', pinned, ':')
  redis.call('HSET', uids, ':', '')
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, CLOSED_ROOM_TTL_MS) end
end

local function announce(left)
  redis.call(PUBLISH, channel, '{"kind":"commit","record":' .. record .. '}')
  if #left == 0 then return end
  local count = redis.call('HLEN', members) - 1
  redis.call(PUBLISH, channel, '{"kind":"audience","count":' .. count .. ',"left":[' .. table.concat(left, ',') .. ']}')
end

local function write()
  redis.call('HSET', stage, unpack(ARGV, first_field))
  redis.call('XADD', log, 'MAXLEN', LOG_VERSIONS, (version + 1) .. '-0', 'record', record)
  local left = write_members()
  write_sanctions()
  write_answers()
  if plan.isClosing then close() end
  announce(left)
end

local hindered = remembered_answers() or conflict() or refused_sessions()
if hindered then return hindered end
if plan.onlyIfEmpty and redis.call('HLEN', members) > 1 then return {'occupied', now} end
if record ~= '' then write() end
return {'committed', now}
