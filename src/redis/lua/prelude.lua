-- What all scripts share. In each script it stands behind the constants that the text names, and before the file of
-- the script's family; see redis/scripts. Every script returns {outcome, now, …}.

--- The store's time in milliseconds, and in microseconds.
local function store_time()
  local time = redis.call('TIME')
  local seconds, micros = tonumber(time[1]), tonumber(time[2])
  return seconds * 1000 + math.floor(micros / 1000), seconds * 1000000 + micros
end
local now, now_us = store_time()

--- Names the data of this server as one unbroken history: it changes when the server restarts and when a replica takes
--- over. Every replica keeps it under the same name. So the id that a room was kept under tells whether something may
--- have been lost since.
local function replication_id()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end
