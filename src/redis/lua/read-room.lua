-- Reads what a reader at (epoch, version) lacks: the commits since, if the log has them all, else the whole stage.
-- KEYS   1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV   1 epoch ('' for the whole stage)  2 version
-- Returns   {records, time, version, record, …} | {room, time, field, value, …}
--       | {absent | recovery_required, time, replication id}: see recover-room
local stage, log = KEYS[1], KEYS[2]
local epoch, version = ARGV[1], tonumber(ARGV[2])

local now = store_time()
local position, present_id = redis.call('HMGET', stage, 'epoch', 'version', 'history'), replication_id()
local current_epoch, current_version, kept_under = position[1], tonumber(position[2] or ''), position[3]
if not current_epoch then return {'absent', now, present_id} end
if kept_under ~= present_id then return {'recovery_required', now, present_id} end
if current_epoch == epoch and current_version >= version then
  local reply = {'records', now, current_version}
  if append_records(reply, log, version, current_version) then return reply end
end
return whole_stage('room', now, stage)
