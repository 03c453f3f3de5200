-- Reads a room's bans and silences, if the room needs no recovery.
-- KEYS   1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- Returns   {sanctions, time, number of bans, user, "until|by|at", …, the same of silences}
--       | {absent | recovery_required, time, replication id}
local stage, bans, silences = KEYS[1], KEYS[7], KEYS[8]
local now = store_time()
local refusal, present_id = room_refusal(stage)
if refusal and refusal ~= 'closed' then return {refusal, now, present_id} end
local reply = {'sanctions', now, redis.call('HLEN', bans)}
for _, list in ipairs({bans, silences}) do
  for _, text in ipairs(redis.call('HGETALL', list)) do reply[#reply + 1] = text end
end
return reply
