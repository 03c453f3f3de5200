-- Makes those of these rooms due that no node serves and that are not due yet.
-- ARGV   room, …
-- Returns   {claimed, time, how many}
local is_served = {}
for _, nodes in ipairs({leases, dead}) do
  for _, node in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do
    for index, is_held in ipairs(redis.call('SMISMEMBER', rooms_prefix .. node, unpack(ARGV))) do
      if is_held == 1 then is_served[index] = true end
    end
  end
end

local claimed = 0
for index, room in ipairs(ARGV) do
  if not is_served[index] and redis.call('ZADD', due, 'NX', now, room) == 1 then claimed = claimed + 1 end
end
if claimed > 0 then redis.call('PEXPIRE', due, LEASES_TTL_MS) end
return {'claimed', now, claimed}
