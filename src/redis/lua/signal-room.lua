-- Passes one member's data (JSON) on to another through the room's feed. Keeps nothing of it.
-- ARGV   key: command key or ''; sent: ms or ''
-- Returns   {sent | unknown, time} | any outcome of room.lua; unknown: the addressee is no member
local channel, user, fence, key, command, sent, addressee, data = unpack(ARGV)

if is_stale(sent) then return {'stale_write', now} end
local refusal = unusable()
if refusal then return refusal end
local hindered, answer = hindrance(user, fence, key)
if hindered then return {hindered, now, answer} end
if redis.call('HEXISTS', members, addressee) == 0 then return {'unknown', now} end

remember_done(key, command)
redis.call(PUBLISH, channel,
  '{"kind":"signal","from":"' .. user .. '","to":"' .. addressee .. '","data":' .. data .. '}')
return {'sent', now}
