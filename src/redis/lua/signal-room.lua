-- Passes one member's data on to another through the room's feed. Keeps nothing of it.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 channel  2 user  3 fence  4 command key or ''  5 answer memory (ms)  6 answer prune (ms)  7 command
--       8 when it was sent (ms) or ''  9 clock tolerance (ms)  10 addressee  11 data JSON
-- Returns {sent | unknown | gone | closed | absent | late, time} or {answered, time, "time|command|json"}
local now = store_time()
if is_late(now, ARGV[8], ARGV[9]) then return {'late', now} end
local members, done = KEYS[3], KEYS[6]
local channel, user, fence, key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local memory_ms, prune_ms, command = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local to, data = ARGV[10], ARGV[11]

local refusal, present = room_refusal(KEYS[1])
if refusal == 'recovery_required' then return {refusal, now, present} end
local known = key ~= '' and known_answer(done, key, now, memory_ms)
if known then return {'answered', now, known} end
if refusal then return {refusal, now, present} end
local member = redis.call('HGET', members, user)
if not member or parse_member(member) ~= fence then return {'gone', now} end
if redis.call('HEXISTS', members, to) == 0 then return {'unknown', now} end

if key ~= '' then
  forget_old_answers(done, now, memory_ms, prune_ms)
  redis.call('HSET', done, key, now .. '|' .. command .. '|{}')
end
redis.call(PUBLISH, channel, '{"kind":"signal","from":"' .. user .. '","to":"' .. to .. '","data":' .. data .. '}')
return {'sent', now}
