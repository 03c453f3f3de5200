-- Settles a room whose server has another history than the one it was kept under: within a short time nodes offer the
-- copies they hold, the newest of them and the store's own wins, and goes on under a new epoch. Knows positions and texts.
-- What is going on meanwhile stands beside the answers, whose names all have a colon: a key of its own, which is not always
-- there, would keep a room recovery_required for as long as its slot is half moved.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 now (ms)  2 clock tolerance (ms)  3 how long offers are waited for (ms)  4 idle TTL (ms)  5 closed TTL (ms)
--       6 channel  7 end of a new epoch's name  8 '1': its old server lives on, so the store's copy wins at once; or ''
--       9 offer, JSON, or '': { epoch, version, history, fields: [field, text, …], isClosed, fence (text: the highest known),
--           held: [[user, rtcUid, profile JSON or '', fence or '']] (all texts), bans|silences: [[user, text]] (missing: not known), chat: [entry] }
-- Returns {recovered, time, field, value, …}  the whole stage, now or since earlier: offers that come later are not looked at
--       | {recovering, time, ms to wait, history the store's copy was kept under, or ''}
--       | {absent, time, history} | {late, time}
local stage, log, members, held, uids, done = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local lists, chat = {bans = KEYS[7], silences = KEYS[8]}, KEYS[9]
local window_ms, idle_ttl, closed_ttl = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local no_position = {'', -1}

local now, now_us = store_time()
if math.abs(now - tonumber(ARGV[1])) > tonumber(ARGV[2]) then return {'late', now} end
local present = history()
local position = redis.call('HMGET', stage, 'epoch', 'version', 'history')
if position[3] == present then return whole_stage('recovered', now, stage) end
local offer = ARGV[9] ~= '' and cjson.decode(ARGV[9]) or nil
-- Whoever knew the room in this very history knows that it has ended since.
if offer and offer.history == present then offer = nil end
--- What is known of the recovery that is under way: { under, until_ms, epoch, version }; nil when there is none.
local function known_recovery()
  local text = redis.call('HGET', done, 'settling')
  local known = text and cjson.decode(text)
  if known and known.under == present then return known end
end
if not position[1] and not offer and not known_recovery() then return {'absent', now, present} end

--- Epochs begin with the time of their birth, in digits of one number; versions go on from epoch to epoch.
local function is_newer(epoch, version, than)
  return epoch > than[1] or (epoch == than[1] and version > than[2])
end

--- Whether it takes the place of the best so far: being newer, or as new and not without bans as that one is.
local function is_better(one, than)
  if is_newer(one.epoch, one.version, {than.epoch, than.version}) then return true end
  return than.isBare and one.bans ~= nil and one.epoch == than.epoch and one.version == than.version
end

--- The best position so far, and until when better ones are waited for; begins anew under every history.
local function open_recovery()
  local known = known_recovery()
  if known then return known end
  local own = position[1] and {position[1], tonumber(position[2])} or no_position
  redis.call('HDEL', done, 'offer')
  return {under = present, until_ms = now + window_ms, epoch = own[1], version = own[2]}
end

local function keep_recovery(open)
  redis.call('HSET', done, 'settling', cjson.encode(open))
  if not position[1] then redis.call('PEXPIRE', done, 60000) end
end

local function restore_lists(best)
  for name, key in pairs(lists) do
    if best[name] then redis.call('DEL', key) end
    redis.call('HSET', key, ':', '0|')
    for _, sanction in ipairs(best[name] or {}) do redis.call('HSET', key, sanction[1], sanction[2]) end
  end
  if redis.call('EXISTS', chat) == 0 then
    redis.call('RPUSH', chat, ':')
    for _, entry in ipairs(best.chat) do redis.call('RPUSH', chat, entry) end
  end
end

--- Members whom the stage refers to and the store does not know belong to no node: theirs finds them again, or their
--- grace begins. Whose grace has begun since what the store has of him has the fence that its end will name.
local function restore_held(best)
  local last = math.max(now_us, tonumber(redis.call('HGET', members, ':') or '') or 0, tonumber(best.fence))
  redis.call('DEL', held)
  redis.call('SADD', held, ':')
  redis.call('HSET', uids, ':', '')
  for _, member in ipairs(best.held) do
    local user, uid, profile, fence = member[1], member[2], member[3], member[4]
    redis.call('SADD', held, user)
    local known = redis.call('HGET', members, user)
    if known then
      local known_fence, _, rest = parse_member(known)
      if fence ~= '' and tonumber(known_fence) < tonumber(fence) then redis.call('HSET', members, user, fence .. rest) end
    elseif profile ~= '' then
      if fence == '' then
        last = last + 1
        fence = string.format('%.0f', last)
      end
      redis.call('HSETNX', uids, uid, user)
      redis.call('HSET', members, user, string.format('%s|%s|%.0f||%s', fence, uid, now, profile))
    end
  end
  redis.call('HSET', members, ':', string.format('%.0f', last))
end

local function restore(best)
  redis.call('HSET', stage, 'isClosed', best.isClosed and '1' or '0', unpack(best.fields))
  restore_lists(best)
  restore_held(best)
end

local open = open_recovery()
if offer and is_better(offer, open) then
  open.epoch, open.version, open.isBare = offer.epoch, offer.version, offer.bans == nil
  redis.call('HSET', done, 'offer', ARGV[9])
end
-- Unless this server has taken over from that one: what lives on there then may be what was lost here.
local took_over_from = string.match(redis.call('INFO', 'replication'), 'master_replid2:(%x+)')
local was_moved = ARGV[8] ~= '' and position[3] ~= took_over_from
if now < open.until_ms and not was_moved then
  keep_recovery(open)
  return {'recovering', now, open.until_ms - now, position[3] or ''}
end

local winner = redis.call('HGET', done, 'offer')
redis.call('HDEL', done, 'settling', 'offer')
if open.epoch == '' then return {'absent', now, present} end
if winner then restore(cjson.decode(winner)) end

local born = math.max(now, (tonumber(string.sub(open.epoch, 1, 13)) or 0) + 1)
local epoch = string.format('%013.0f', born) .. '-' .. ARGV[7]
redis.call('HSET', stage, 'epoch', epoch, 'version', open.version, 'history', present)
-- Positions of another epoch cannot be continued from.
redis.call('DEL', log)
redis.call('XADD', log, '0-1', 'record', '')
redis.call('HSETNX', done, ':', '0')
local is_closed = redis.call('HGET', stage, 'isClosed') == '1'
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, is_closed and closed_ttl or idle_ttl) end
redis.call(PUBLISH, ARGV[6], '{"kind":"settled"}')
return whole_stage('recovered', now, stage)
