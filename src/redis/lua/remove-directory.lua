-- Takes a room off the list.
local room = ARGV[1]
unlist(room)
return {'removed', now}
