-- Reads a room's bans and silences, if the room needs no recovery.
-- Returns   {sanctions, time, number of bans, user, "until|by|at", …, the same of silences}
--       | absent | recovery_required
local refusal = unusable()
if refusal then return refusal end
local reply = {'sanctions', now, redis.call('HLEN', bans)}
for _, list in ipairs({bans, silences}) do
  for _, text in ipairs(redis.call('HGETALL', list)) do reply[#reply + 1] = text end
end
return reply
