-- Ends a membership that the stage does not hold; a held member is left to a stage commit.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 user  2 fence  3 channel
-- Returns {left | held | stale | absent, time}
local now = store_time()
local members, held, uids = KEYS[3], KEYS[4], KEYS[5]
local user, fence, channel = ARGV[1], ARGV[2], ARGV[3]

local member = redis.call('HGET', members, user)
if not member then return {'absent', now} end
local current, uid = parse_member(member)
if current ~= fence then return {'stale', now} end
if redis.call('SISMEMBER', held, user) == 1 then return {'held', now} end

redis.call('HDEL', members, user)
redis.call('HDEL', uids, uid)
announce_left(channel, members, {left_json(user, fence)})
return {'left', now}
