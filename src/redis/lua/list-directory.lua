-- Some rooms of one index, from the highest name down; rooms that nobody announces any more are passed over.
-- KEYS  1–5 as in directory.lua  6 the index
-- ARGV  1 the name after which to begin, or nothing  2 how many rooms at most  3 life of an entry (ms)
-- Returns {page, time, next, entry JSON…} with the name after which the next page begins, empty at the end of the list
local now = store_time()
local after, limit, oldest = ARGV[1], tonumber(ARGV[2]), now - tonumber(ARGV[3])

sweep(oldest, 200)
-- One more than asked for tells whether there is a next page; the rest is for stale ones among them.
local asked = limit + 1 + 50
local names = redis.call('ZREVRANGEBYLEX', KEYS[6], after == '' and '+' or '(' .. after, '-', 'LIMIT', 0, asked)
local reply, last = {'page', now, ''}, ''
for _, name in ipairs(names) do
  local time, _, _, _, _, entry = parse_line(redis.call('HGET', entries, string.sub(name, 18)))
  if time and tonumber(time) > oldest then
    if #reply - 3 == limit then
      reply[3] = last
      return reply
    end
    reply[#reply + 1] = entry
    last = name
  end
end
if #names == asked then reply[3] = names[asked] end
return reply
