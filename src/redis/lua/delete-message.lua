-- Deletes a message: what is kept of it becomes a mark, and the feed announces it. Knows no roles.
-- ARGV   fence: '' for a service; key: command key or ''; sent: ms or ''; scope: own | any, whose messages may go
-- Returns   {deleted | notOwn | unknown, time} | any outcome of room.lua
local channel, user, fence, key, command, sent, id, deleter, scope = unpack(ARGV)

if is_stale(sent) then return {'stale_write', now} end
local refusal = unusable()
if refusal then return refusal end
local hindered, answer = hindrance(user, fence, key)
if hindered then return {hindered, now, answer} end

local position, sender, content
for index, entry in ipairs(redis.call('LRANGE', chat, 0, -1)) do
  local entry_id, entry_sender, rest = string.match(entry, '^([^|]*)|([^|]*)|(.*)$')
  if entry_id == id then position, sender, content = index - 1, entry_sender, rest end
end
if scope == 'own' then
  if not position then return {'unknown', now} end
  if sender ~= user then return {'notOwn', now} end
end
if position and string.sub(content, 1, 1) == '!' then return {'deleted', now} end

if position then redis.call('LSET', chat, position, id .. '|' .. sender .. '|!' .. deleter) end
remember_done(key, command)
redis.call(PUBLISH, channel, '{"kind":"deleted","messageId":"' .. id .. '","by":"' .. deleter .. '"}')
return {'deleted', now}
