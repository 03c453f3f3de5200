-- What the scripts of leases share; it comes before each of them, after the prelude.
-- KEYS   leases (`:` → the time of the last survey), gone: the dead nodes, due, prefix of the nodes' sets of rooms,
--   listed (`:` → this server's replication id, and the time of the first survey under it); see redis/keys
local leases, dead, due, rooms_prefix, listed = unpack(KEYS)
