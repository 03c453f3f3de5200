-- Deletes a message: what is kept of it becomes a mark, and everybody is told. Must not know who is staff.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 channel  2 user  3 fence ('' for a service)  4 command key or ''  5 answer memory (ms)  6 answer prune (ms)
--       7 command  8 when it was sent (ms) or ''  9 clock tolerance (ms)  10 messageId  11 deleter's name  12 own | any
-- Returns {deleted | foreign | unknown | gone | closed | absent | late, time} or {answered, time, "time|command|json"}
local now = store_time()
if is_late(now, ARGV[8], ARGV[9]) then return {'late', now} end
local members, done, chat = KEYS[3], KEYS[6], KEYS[9]
local channel, user, fence, key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local memory_ms, prune_ms, command = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local id, by, scope = ARGV[10], ARGV[11], ARGV[12]

local refusal, present = room_refusal(KEYS[1])
if refusal == 'recovery_required' then return {refusal, now, present} end
local known = key ~= '' and known_answer(done, key, now, memory_ms)
if known then return {'answered', now, known} end
if refusal then return {refusal, now, present} end
local member = fence ~= '' and redis.call('HGET', members, user)
if fence ~= '' and (not member or parse_member(member) ~= fence) then return {'gone', now} end

local place, sender, content
for index, entry in ipairs(redis.call('LRANGE', chat, 0, -1)) do
  local entry_id, entry_sender, rest = string.match(entry, '^([^|]*)|([^|]*)|(.*)$')
  if entry_id == id then place, sender, content = index - 1, entry_sender, rest end
end
if scope == 'own' then
  if not place then return {'unknown', now} end
  if sender ~= user then return {'foreign', now} end
end
if place and string.sub(content, 1, 1) == '!' then return {'deleted', now} end

if place then redis.call('LSET', chat, place, id .. '|' .. sender .. '|!' .. by) end
if key ~= '' then
  forget_old_answers(done, now, memory_ms, prune_ms)
  redis.call('HSET', done, key, now .. '|' .. command .. '|{}')
end
redis.call(PUBLISH, channel, '{"kind":"deleted","messageId":"' .. id .. '","by":"' .. by .. '"}')
return {'deleted', now}
