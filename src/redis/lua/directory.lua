-- What the directory's scripts share; it comes before each of them, after the prelude.
-- KEYS   `owned_prefix`: what the keys of owners begin with
-- A stored entry is time|shelf|name by new|name by audience|owner|JSON. A room without a category has an empty shelf.

local entries, announced, index_new, index_audience, owned_prefix = unpack(KEYS)
--- Entries that were announced no later than this are no longer listed.
local oldest = now - DIRECTORY_ENTRY_TTL_MS

--- The indexes that list a room of that shelf, each with the room's name in it.
local function index_names(shelf, by_new, by_audience)
  local found = {{index_new, by_new}, {index_audience, by_audience}}
  if shelf ~= '' then
    found[3] = {index_new .. ':' .. shelf, by_new}
    found[4] = {index_audience .. ':' .. shelf, by_audience}
  end
  return found
end

--- The fields of a stored entry; nil when there is none.
local function parse_entry(text)
  if not text then return nil end
  return string.match(text, '^(%d+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
end

--- Removes a room from all indexes that its entry names. Returns the owner in that entry.
local function unlist(room)
  local time, shelf, by_new, by_audience, owner = parse_entry(redis.call('HGET', entries, room))
  if time then
    for _, index in ipairs(index_names(shelf, by_new, by_audience)) do redis.call('ZREM', index[1], index[2]) end
  end
  redis.call('HDEL', entries, room)
  redis.call('ZREM', announced, room)
  return owner
end

--- Forgets rooms that no node announces any more, at most `most` of them: a crowd takes several calls.
local function sweep(most)
  for _, room in ipairs(redis.call('ZRANGEBYSCORE', announced, '-inf', oldest, 'LIMIT', 0, most)) do unlist(room) end
end

local function owned_by(owner)
  return owned_prefix .. ':' .. owner
end

--- Notes the owner of a room. Forgets claims that were not repeated for OWNERSHIP_TTL_MS.
local function claim(owner, room)
  local owned = owned_by(owner)
  redis.call('ZREMRANGEBYSCORE', owned, '-inf', now - OWNERSHIP_TTL_MS)
  redis.call('ZADD', owned, now, room)
  redis.call('PEXPIRE', owned, OWNERSHIP_TTL_MS)
end
