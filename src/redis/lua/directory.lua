-- What the directory's scripts share; put before each of them, after the prelude. Knows no rule.
-- KEYS  1 entries  2 announced  3 new  4 audience  5 what the keys of owners begin with
-- An entry's line is time|shelf|name by new|name by audience|owner|JSON; a room without a category has an empty shelf.

local entries, announced = KEYS[1], KEYS[2]

--- The indexes in which a room of that shelf stands, with its name in each.
local function places(shelf, by_new, by_audience)
  local found = {{KEYS[3], by_new}, {KEYS[4], by_audience}}
  if shelf ~= '' then
    found[3] = {KEYS[3] .. ':' .. shelf, by_new}
    found[4] = {KEYS[4] .. ':' .. shelf, by_audience}
  end
  return found
end

--- The parts of a line; nil when there is none.
local function parse_line(line)
  if not line then return nil end
  return string.match(line, '^(%d+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
end

--- Takes a room out of the indexes in which its line says it stands; returns the owner in that line.
local function unlist(room)
  local time, shelf, by_new, by_audience, owner = parse_line(redis.call('HGET', entries, room))
  if time then
    for _, place in ipairs(places(shelf, by_new, by_audience)) do redis.call('ZREM', place[1], place[2]) end
  end
  redis.call('HDEL', entries, room)
  redis.call('ZREM', announced, room)
  return owner
end

--- Forgets some of the rooms that nobody has announced since `oldest`; a crowd of them goes in several calls.
local function sweep(oldest, most)
  for _, room in ipairs(redis.call('ZRANGEBYSCORE', announced, '-inf', oldest, 'LIMIT', 0, most)) do unlist(room) end
end

local function owned_by(owner)
  return KEYS[5] .. ':' .. owner
end

--- Notes whose room it is; forgets what was not said again for as long as a room lives that nobody holds.
local function claim(owner, room, now, life)
  local owned = owned_by(owner)
  redis.call('ZREMRANGEBYSCORE', owned, '-inf', now - tonumber(life))
  redis.call('ZADD', owned, now, room)
  redis.call('PEXPIRE', owned, life)
end
