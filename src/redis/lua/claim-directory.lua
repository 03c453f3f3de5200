-- Notes whose room it is, before anything is listed of it.
-- KEYS  as in directory.lua
-- ARGV  1 owner  2 room  3 life of a claim (ms)
-- Returns {claimed, time}
local now = store_time()
claim(ARGV[1], ARGV[2], now, ARGV[3])
return {'claimed', now}
