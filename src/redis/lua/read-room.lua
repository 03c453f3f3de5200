-- Reads what a reader at (epoch, version) lacks: the commits since, if the log has them all, else the whole stage.
-- ARGV   epoch ('' for the whole stage), version
-- Returns   {records, time, version, record, …} | {room, time, field, value, …} | absent | recovery_required
local known_epoch, known_version = ARGV[1], tonumber(ARGV[2])

local refusal = unusable()
if refusal then return refusal end
if epoch == known_epoch and version >= known_version then
  local reply = {'records', now, version}
  if append_records(reply, known_version) then return reply end
end
return whole_stage('room')
