-- Reads a room's bans and silences, if the room needs no recovery.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- Returns {sanctions, time, number of bans, user, "until|by|at", …, the same of silences} | {absent | recovery_required, time, history}
local now = store_time()
local refusal, present = room_refusal(KEYS[1])
if refusal and refusal ~= 'closed' then return {refusal, now, present} end
local reply = {'sanctions', now, redis.call('HLEN', KEYS[7])}
for _, key in ipairs({KEYS[7], KEYS[8]}) do
  for _, text in ipairs(redis.call('HGETALL', key)) do reply[#reply + 1] = text end
end
return reply
