-- Carries out joins and leaves one after the other, in one step. A join makes a member, or gives a member a new session
-- with a greater fence. A leave ends a membership, unless the member is pinned. All go to the feed in one piece.
-- ARGV   moves: JSON, [{ user, sent (ms, may be missing), leaves: fence } or
--   { user, sent, node, entryVersion, capacity, profile (JSON as text), uids: [RTC uids to try] }],
--   entry versions and uids as texts
-- Returns   absent | recovery_required
--         | {moved, time, epoch, version, then four texts for each move, of which unused ones are ''}:
--   joined, fence|uid|since, again (0|1), count
--   banned, until or '', '', ''
--   entryChanged | full | crowded | left | absent (no member) | pinned | stale | stale_write, '', '', ''
local channel, moves = unpack(ARGV)

local refusal = unusable()
if refusal then return refusal end
local count = redis.call('HLEN', members) - 1
-- The placeholder remembers the last fence: a fence that is given twice would make an ended session look alive.
local last_fence = tonumber(redis.call('HGET', members, ':') or '') or 0
--- The members that joined and left, as the feed carries them.
local joined_json, left_members = {}, {}

--- Takes the first of the user's candidates that nobody in the room has; nil when all are taken.
local function take_uid(user, candidates)
  for _, candidate in ipairs(candidates) do
    if redis.call('HSETNX', uids, candidate, user) == 1 then return candidate end
  end
end

local function join(move)
  if entry_version ~= move.entryVersion then return {'entryChanged'} end
  local user = move.user
  local is_banned, banned_until = in_force(redis.call('HGET', bans, user))
  if is_banned then return {'banned', banned_until} end

  local old = redis.call('HGET', members, user)
  local fence, uid, since = math.max(now_us, last_fence + 1), nil, now
  if old then
    local old_fence, old_uid, old_since = string.match(old, '^(%d+)|(%d+)|(%d+)|')
    fence, uid, since = math.max(fence, tonumber(old_fence) + 1), old_uid, old_since
  else
    if count >= move.capacity then return {'full'} end
    uid = take_uid(user, move.uids)
    if not uid then return {'crowded'} end
    count = count + 1
  end
  last_fence = fence
  local fence_text = string.format('%.0f', fence)
  local session = fence_text .. '|' .. uid .. '|' .. since
  redis.call('HSET', members, user, session .. '|' .. move.node .. '|' .. move.profile, ':', fence_text)
  joined_json[#joined_json + 1] = '{"again":' .. (old and 'true' or 'false') .. ',"member":{"userId":"' .. user
    .. '","fence":' .. fence_text .. ',"rtcUid":' .. uid .. ',"since":' .. since .. ',"nodeId":"' .. move.node .. '",'
    .. string.sub(move.profile, 2) .. '}'
  return {'joined', session, old and 1 or 0, count}
end

local function leave(user, fence)
  local member = redis.call('HGET', members, user)
  if not member then return {'absent'} end
  local current_fence, uid = parse_member(member)
  if current_fence ~= fence then return {'stale'} end
  if redis.call('SISMEMBER', pinned, user) == 1 then return {'pinned'} end
  redis.call('HDEL', members, user)
  redis.call('HDEL', uids, uid)
  count = count - 1
  left_members[#left_members + 1] = left_json(user, fence)
  return {'left'}
end

local function carry_out(move)
  if is_stale(move.sent) then return {'stale_write'} end
  if move.leaves then return leave(move.user, move.leaves) end
  return join(move)
end

local reply = {'moved', now, epoch, version}
for _, move in ipairs(cjson.decode(moves)) do
  local result = carry_out(move)
  for index = 1, 4 do reply[#reply + 1] = result[index] or '' end
end
if #joined_json + #left_members > 0 then
  redis.call(PUBLISH, channel, '{"kind":"audience","count":' .. count
    .. (#joined_json > 0 and ',"joined":[' .. table.concat(joined_json, ',') .. ']' or '')
    .. (#left_members > 0 and ',"left":[' .. table.concat(left_members, ',') .. ']' or '') .. '}')
end
return reply
