-- Reads what a reader at (epoch, version) lacks: the commits since, if the log has them all, else the whole stage.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 epoch ('' for the whole stage)  2 version
-- Returns {records, time, version, record, …} | {room, time, field, value, …} | {absent, time, history} |
--   {recovery_required, time}: kept under another history, see recover-room
local now = store_time()
local stage, log = KEYS[1], KEYS[2]
local epoch, version = ARGV[1], tonumber(ARGV[2])

local position, present = redis.call('HMGET', stage, 'epoch', 'version', 'history'), history()
if not position[1] then return {'absent', now, present} end
if position[3] ~= present then return {'recovery_required', now, present} end
local current = tonumber(position[2])
if position[1] == epoch and current >= version then
  local records = {'records', now, current}
  if append_records(records, log, version, current) then return records end
end
return whole_stage('room', now, stage)
