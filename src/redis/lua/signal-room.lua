-- Passes one member's data on to another through the room's feed. Keeps nothing of it.
-- KEYS   1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV   1 channel  2 user  3 fence  4 command key or ''  5 command  6 when it was sent (ms) or ''
--       7 addressee  8 data JSON
-- Returns   {sent | unknown | gone | closed | stale_write, time}
--       | {answered, time, "time|command|json"} | {absent | recovery_required, time, replication id}
local stage, members, answers = KEYS[1], KEYS[3], KEYS[6]
local channel, user, fence, key, command, sent = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local addressee, data = ARGV[7], ARGV[8]

local now = store_time()
if is_stale(now, sent) then return {'stale_write', now} end
local refusal, present_id = room_refusal(stage)
if refusal == 'recovery_required' then return {refusal, now, present_id} end
local known = known_answer(answers, key, now)
if known then return {'answered', now, known} end
if refusal then return {refusal, now, present_id} end
local member = redis.call('HGET', members, user)
if not member or parse_member(member) ~= fence then return {'gone', now} end
if redis.call('HEXISTS', members, addressee) == 0 then return {'unknown', now} end

remember_done(answers, key, now, command)
redis.call(PUBLISH, channel,
  '{"kind":"signal","from":"' .. user .. '","to":"' .. addressee .. '","data":' .. data .. '}')
return {'sent', now}
