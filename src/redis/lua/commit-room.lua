-- Commits one turn of a room: compare, keep, log, announce, in one step. Knows versions, sections, sessions, bytes;
-- never a seat.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 now (ms)  2 clock tolerance (ms)  3 expected epoch  4 expected version  5 channel
--       6 plan, JSON: { asked: [key], guards|spent|removals: [[user, fence]], hold|release: [user],
--                       answers: [[key, "command|json"]], behindMax, logVersions, answerMemoryMs, answerPruneMs,
--                       closedTtlMs, isClosing, onlyIfEmpty,
--                       imposed: [[list, user, "until|by|at"]], lifted: [[list, user]], sanctionsPrunedAbove }
--         (fences travel as texts: they have more digits than cjson keeps)
--       7 record, JSON, or '' when only the version is validated   8… field, value pairs of the stage
-- Returns {outcome, time (ms), …}:
--   committed
--   answered, key, "time|command|json", …      some asked id is known: nothing was written
--   behind, record, …                          the room is ahead in this epoch: the commits since
--   elsewhere, field, value, …                 another epoch, or too far ahead: the whole stage
--   refused, user, fence or '', …              sessions that are not what they were
--   occupied                                   onlyIfEmpty, and the room has members
--   recovery_required                                  the room was kept under another history of the store: see recover-room
--   absent, history                            there is no such room in the present history
--   late
local now_expected, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local epoch, version, channel = ARGV[3], tonumber(ARGV[4]), ARGV[5]
local record = ARGV[7]
local stage, log, members, held, uids, done = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

--- Removes the sanctions whose time is over; the placeholder's never comes.
local function drop_expired(list, now)
  local all = redis.call('HGETALL', list)
  for index = 1, #all, 2 do
    if all[index] ~= ':' and not in_force(all[index + 1], now) then redis.call('HDEL', list, all[index]) end
  end
end

local now = store_time()
if math.abs(now - now_expected) > tolerance then return {'late', now} end
local plan = cjson.decode(ARGV[6])

local position, present = redis.call('HMGET', stage, 'epoch', 'version', 'history'), history()
if position[3] and position[3] ~= present then return {'recovery_required', now, present} end
if #plan.asked > 0 then
  local known = {'answered', now}
  for index, answer in ipairs(redis.call('HMGET', done, unpack(plan.asked))) do
    if answer and tonumber(string.match(answer, '^%d+')) > now - plan.answerMemoryMs then
      known[#known + 1] = plan.asked[index]
      known[#known + 1] = answer
    end
  end
  if #known > 2 then return known end
end

if not position[1] then return {'absent', now, present} end
local current = tonumber(position[2])
if position[1] ~= epoch or current ~= version then
  if position[1] == epoch and current > version and current - version <= plan.behindMax then
    local records = {'behind', now}
    if append_records(records, log, version, current) then return records end
  end
  return whole_stage('elsewhere', now, stage)
end

local refused = {'refused', now}
local stored = {}
for _, list in ipairs({plan.guards, plan.spent, plan.removals}) do
  for _, session in ipairs(list) do
    local member = redis.call('HGET', members, session[1])
    local fence = member and parse_member(member) or ''
    stored[session[1]] = member
    if fence ~= session[2] then
      refused[#refused + 1] = session[1]
      refused[#refused + 1] = fence
    end
  end
end
if #refused > 2 then return refused end
if plan.onlyIfEmpty and redis.call('HLEN', members) > 1 then return {'occupied', now} end
if record == '' then return {'committed', now} end

redis.call('HSET', stage, unpack(ARGV, 8))
redis.call('XADD', log, 'MAXLEN', plan.logVersions, (version + 1) .. '-0', 'record', record)
for _, session in ipairs(plan.spent) do
  local _, _, rest = parse_member(stored[session[1]])
  redis.call('HSET', members, session[1], string.format('%.0f', tonumber(session[2]) + 1) .. rest)
end
local left = {}
for _, session in ipairs(plan.removals) do
  redis.call('HDEL', members, session[1])
  local _, uid = parse_member(stored[session[1]])
  redis.call('HDEL', uids, uid)
  left[#left + 1] = left_json(session[1], session[2])
end
if #plan.hold > 0 then redis.call('SADD', held, unpack(plan.hold)) end
if #plan.release > 0 then redis.call('SREM', held, unpack(plan.release)) end

local lists = {bans = KEYS[7], silences = KEYS[8]}
local pruned = {}
for _, sanction in ipairs(plan.imposed) do
  local list = lists[sanction[1]]
  -- Once a commit: a long list that is all in force would be read anew for each of a hundred bans.
  if not pruned[list] and redis.call('HLEN', list) > plan.sanctionsPrunedAbove then
    drop_expired(list, now)
    pruned[list] = true
  end
  redis.call('HSET', list, sanction[2], sanction[3])
end
for _, sanction in ipairs(plan.lifted) do redis.call('HDEL', lists[sanction[1]], sanction[2]) end

if #plan.answers > 0 then
  forget_old_answers(done, now, plan.answerMemoryMs, plan.answerPruneMs)
  for _, answer in ipairs(plan.answers) do redis.call('HSET', done, answer[1], now .. '|' .. answer[2]) end
end

if plan.isClosing then
  -- The memory of a large room is given back behind the scenes.
  redis.call('UNLINK', members, held, uids)
  redis.call('HSET', members, ':', '')
  redis.call('SADD', held, ':')
  redis.call('HSET', uids, ':', '')
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, plan.closedTtlMs) end
end

redis.call(PUBLISH, channel, '{"kind":"commit","record":' .. record .. '}')
if #left > 0 then announce_left(channel, members, left) end
return {'committed', now}
