-- Lets users into a room and out of it, one after the other in one step: makes members, gives members new sessions (the
-- fence grows with each), ends memberships that the stage does not hold. Tells the feed once of all of them.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 channel
--       2 moves, JSON: [{ user, sent (ms, may be missing), leaves: fence } or
--                       { user, sent, node, door, capacity, profile (JSON as text), uids: [candidates for the voice channel] }]
--         (fences, doors and uids travel as texts: fences have more digits than cjson keeps)
--       3 clock tolerance (ms)
-- Returns {absent, time, history}, {recovery_required, time} when the room was kept under another history of the store (see
--   recover-room), otherwise {moved, time, epoch, version, then four for each move, '' where there is nothing to say}:
--   joined, fence|uid|since, again (0|1), count
--   banned, until or '', '', ''
--   door | full | crowded | left | absent (no member) | held | stale | late, '', '', ''
local now, now_us = store_time()
local stage, members, held, uids, bans = KEYS[1], KEYS[3], KEYS[4], KEYS[5], KEYS[7]
local channel = ARGV[1]

local state = redis.call('HMGET', stage, 'epoch', 'version', 'door', 'history')
local epoch, door = state[1], state[3]
local present = history()
if not epoch then return {'absent', now, present} end
if state[4] ~= present then return {'recovery_required', now, present} end
-- The placeholder remembers the last fence: one that is given again would make an ended session look alive.
local size, last = redis.call('HLEN', members) - 1, tonumber(redis.call('HGET', members, ':') or '') or 0
local came, went = {}, {}

local function join(move)
  if door ~= move.door then return {'door'} end
  local user = move.user
  local banned, banned_until = in_force(redis.call('HGET', bans, user), now)
  if banned then return {'banned', banned_until} end

  local old = redis.call('HGET', members, user)
  local fence, uid, since = math.max(now_us, last + 1), nil, now
  if old then
    local old_fence, old_uid, old_since = string.match(old, '^(%d+)|(%d+)|(%d+)|')
    fence, uid, since = math.max(fence, tonumber(old_fence) + 1), old_uid, old_since
  else
    if size >= move.capacity then return {'full'} end
    for _, candidate in ipairs(move.uids) do
      if redis.call('HSETNX', uids, candidate, user) == 1 then
        uid = candidate
        break
      end
    end
    if not uid then return {'crowded'} end
    size = size + 1
  end
  last = fence
  local fence_text = string.format('%.0f', fence)
  local session = fence_text .. '|' .. uid .. '|' .. since
  redis.call('HSET', members, user, session .. '|' .. move.node .. '|' .. move.profile, ':', fence_text)
  came[#came + 1] = '{"again":' .. (old and 'true' or 'false') .. ',"member":{"userId":"' .. user .. '","fence":' .. fence_text
    .. ',"rtcUid":' .. uid .. ',"since":' .. since .. ',"nodeId":"' .. move.node .. '",' .. string.sub(move.profile, 2) .. '}'
  return {'joined', session, old and 1 or 0, size}
end

local function leave(user, fence)
  local member = redis.call('HGET', members, user)
  if not member then return {'absent'} end
  local current, uid = parse_member(member)
  if current ~= fence then return {'stale'} end
  if redis.call('SISMEMBER', held, user) == 1 then return {'held'} end
  redis.call('HDEL', members, user)
  redis.call('HDEL', uids, uid)
  size = size - 1
  went[#went + 1] = left_json(user, fence)
  return {'left'}
end

local reply = {'moved', now, epoch, tonumber(state[2])}
for _, move in ipairs(cjson.decode(ARGV[2])) do
  local result = is_late(now, move.sent, ARGV[3]) and {'late'} or move.leaves and leave(move.user, move.leaves) or join(move)
  for part = 1, 4 do reply[#reply + 1] = result[part] or '' end
end
if #came + #went > 0 then
  redis.call(PUBLISH, channel, '{"kind":"audience","count":' .. size
    .. (#came > 0 and ',"joined":[' .. table.concat(came, ',') .. ']' or '')
    .. (#went > 0 and ',"left":[' .. table.concat(went, ',') .. ']' or '') .. '}')
end
return reply
