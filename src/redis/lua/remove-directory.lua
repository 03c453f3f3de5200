-- Takes a room off the list.
-- KEYS  as in directory.lua
-- ARGV  1 room
-- Returns {removed, time}
local now = store_time()
unlist(ARGV[1])
return {'removed', now}
