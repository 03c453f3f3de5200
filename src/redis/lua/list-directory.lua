-- Some rooms of one index, from the highest name down. Rooms that no node announces any more are left out.
-- KEYS   behind those of directory.lua: the index
-- ARGV   the name after which to begin, or ''; how many rooms at most
-- Returns   {page, time, next, entry JSON, …}; next: the name after which the next page begins, '' after the last
local index_key, after, rooms_max = KEYS[6], ARGV[1], tonumber(ARGV[2])

sweep(200)
-- One more than asked for tells whether there is a next page; the rest makes up for stale ones among them.
local asked = rooms_max + 1 + 50
local names = redis.call('ZREVRANGEBYLEX', index_key, after == '' and '+' or '(' .. after, '-', 'LIMIT', 0, asked)
local reply, last = {'page', now, ''}, ''
for _, name in ipairs(names) do
  local time, _, _, _, _, entry = parse_entry(redis.call('HGET', entries, string.sub(name, 18)))
  if time and tonumber(time) > oldest then
    if #reply - 3 == rooms_max then
      reply[3] = last
      return reply
    end
    reply[#reply + 1] = entry
    last = name
  end
end
if #names == asked then reply[3] = names[asked] end
return reply
