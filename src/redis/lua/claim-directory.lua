-- Notes the owner of a room that need not be listed yet.
local owner, room = unpack(ARGV)
claim(owner, room)
return {'claimed', now}
