-- Notes the owner of a room that need not be listed yet.
-- KEYS   as in directory.lua
-- ARGV   1 owner  2 room
-- Returns   {claimed, time}
local owner, room = ARGV[1], ARGV[2]
local now = store_time()
claim(owner, room, now)
return {'claimed', now}
