-- Deletes a message: what is kept of it becomes a mark, and the feed announces it. Knows no roles.
-- KEYS   1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV   1 channel  2 user  3 fence ('' for a service)  4 command key or ''  5 command  6 when it was sent (ms) or ''
--       7 messageId  8 deleter's name  9 own | any: whose messages may be deleted
-- Returns   {deleted | notOwn | unknown | gone | closed | stale_write, time}
--       | {answered, time, "time|command|json"} | {absent | recovery_required, time, replication id}
local stage, members, answers, chat = KEYS[1], KEYS[3], KEYS[6], KEYS[9]
local channel, user, fence, key, command, sent = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local id, deleter, scope = ARGV[7], ARGV[8], ARGV[9]

local now = store_time()
if is_stale(now, sent) then return {'stale_write', now} end
local refusal, present_id = room_refusal(stage)
if refusal == 'recovery_required' then return {refusal, now, present_id} end
local known = known_answer(answers, key, now)
if known then return {'answered', now, known} end
if refusal then return {refusal, now, present_id} end
local member = fence ~= '' and redis.call('HGET', members, user)
if fence ~= '' and (not member or parse_member(member) ~= fence) then return {'gone', now} end

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
remember_done(answers, key, now, command)
redis.call(PUBLISH, channel, '{"kind":"deleted","messageId":"' .. id .. '","by":"' .. deleter .. '"}')
return {'deleted', now}
