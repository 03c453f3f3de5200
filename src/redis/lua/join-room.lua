-- Makes a user a member, or gives a member a new session. The fence grows with every call.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 user  2 node  3 door  4 capacity  5 profile JSON  6 channel  7… candidates for the voice channel's uid
-- Returns {joined, time, member, again (0|1), count, epoch, version} with member = fence|uid|since|node|profile,
--   or {door | full | crowded | absent, time}, or {banned, time, until or ''}
local now, now_us = store_time()
local stage, members, uids = KEYS[1], KEYS[3], KEYS[5]
local user, node, door, capacity, profile, channel = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]

local state = redis.call('HMGET', stage, 'epoch', 'version', 'door')
if not state[1] then return {'absent', now} end
if state[3] ~= door then return {'door', now} end

local banned, banned_until = in_force(redis.call('HGET', KEYS[7], user), now)
if banned then return {'banned', now, banned_until} end

-- The placeholder remembers the last fence: one that is given again would make an ended session look alive.
local old, last = unpack(redis.call('HMGET', members, user, ':'))
local fence, uid, since = math.max(now_us, (tonumber(last) or 0) + 1), nil, now
if old then
  local old_fence, old_uid, old_since = string.match(old, '^(%d+)|(%d+)|(%d+)|')
  fence, uid, since = math.max(fence, tonumber(old_fence) + 1), old_uid, old_since
else
  if redis.call('HLEN', members) - 1 >= capacity then return {'full', now} end
  for index = 7, #ARGV do
    if redis.call('HSETNX', uids, ARGV[index], user) == 1 then
      uid = ARGV[index]
      break
    end
  end
  if not uid then return {'crowded', now} end
end

local member = string.format('%.0f', fence) .. '|' .. uid .. '|' .. since .. '|' .. node .. '|' .. profile
redis.call('HSET', members, user, member, ':', string.format('%.0f', fence))
local count = redis.call('HLEN', members) - 1
redis.call('PUBLISH', channel, '{"kind":"audience","count":' .. count .. ',"again":' .. (old and 'true' or 'false')
  .. ',"joined":{"userId":"' .. user .. '","fence":' .. string.format('%.0f', fence) .. ',"rtcUid":' .. uid
  .. ',"since":' .. since .. ',"nodeId":"' .. node .. '",' .. string.sub(profile, 2) .. '}')
return {'joined', now, member, old and 1 or 0, count, state[1], tonumber(state[2])}
