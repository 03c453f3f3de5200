-- Takes a room off the list.
-- KEYS   as in directory.lua
-- ARGV   1 room
-- Returns   {removed, time}
local room = ARGV[1]
unlist(room)
return {'removed', (store_time())}
