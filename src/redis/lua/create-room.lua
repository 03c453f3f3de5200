-- Keeps a newly founded room: all of its keys at once, so that no later script meets a missing one.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 now (ms)  2 clock tolerance (ms)  3 idle TTL (ms)  4 command key or ''  5 "command|json" to remember under it
--       6 members the stage refers to, JSON
--       7 histories of the server, with commas, in which what is missing has ended  8… field, value pairs of the stage
-- Returns {outcome, time (ms)}; outcome: created | exists | closed | recovery_required | late
local now = store_time()
if math.abs(now - tonumber(ARGV[1])) > tonumber(ARGV[2]) then return {'late', now} end

local stage = KEYS[1]
local present, known = history(), redis.call('HMGET', stage, 'isClosed', 'history')
if known[1] and known[2] ~= present then return {'recovery_required', now, present} end
if known[1] == '1' then return {'closed', now} end
if known[1] then return {'exists', now} end
-- A room that is missing may be about to be brought back by the nodes that hold it: its name is not free.
if not string.find(ARGV[7], ',' .. present .. ',', 1, true) then return {'recovery_required', now, present} end

redis.call('DEL', unpack(KEYS))
redis.call('HSET', stage, 'isClosed', '0', 'history', present, unpack(ARGV, 8))
redis.call('XADD', KEYS[2], '0-1', 'record', '')
redis.call('HSET', KEYS[3], ':', '')
redis.call('SADD', KEYS[4], ':', unpack(cjson.decode(ARGV[6])))
redis.call('HSET', KEYS[5], ':', '')
redis.call('HSET', KEYS[6], ':', '0')
redis.call('HSET', KEYS[7], ':', '0|')
redis.call('HSET', KEYS[8], ':', '0|')
redis.call('RPUSH', KEYS[9], ':')
if ARGV[4] ~= '' then redis.call('HSET', KEYS[6], ARGV[4], now .. '|' .. ARGV[5]) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return {'created', now}
