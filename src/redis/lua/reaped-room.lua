-- Takes note that a claimed room was looked after. A room that became due again meanwhile stays due. `again_at`, when
-- to look again (ms), may be ''.
local room, claim, again_at = unpack(ARGV)
if tonumber(redis.call('ZSCORE', due, room) or '') == tonumber(claim) then redis.call('ZREM', due, room) end
if again_at ~= '' then
  redis.call('ZADD', due, 'LT', again_at, room)
  redis.call('PEXPIRE', due, LEASES_TTL_MS)
end
return {'reaped', now}
