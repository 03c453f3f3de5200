-- Reads what a reader at (epoch, version) lacks: the commits since, if the log has them all, else the whole stage.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done
-- ARGV  1 epoch ('' for the whole stage)  2 version
-- Returns {records, time, version, record, …} | {room, time, field, value, …} | {absent, time}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local stage, log = KEYS[1], KEYS[2]
local epoch, version = ARGV[1], tonumber(ARGV[2])

local position = redis.call('HMGET', stage, 'epoch', 'version')
if not position[1] then return {'absent', now} end
local current = tonumber(position[2])
if position[1] == epoch and current >= version then
  local records = {'records', now, current}
  if current > version then
    for _, entry in ipairs(redis.call('XRANGE', log, (version + 1) .. '-0', '+')) do
      records[#records + 1] = entry[2][2]
    end
  end
  if #records == 3 + current - version then return records end
end
local whole = redis.call('HGETALL', stage)
table.insert(whole, 1, now)
table.insert(whole, 1, 'room')
return whole
