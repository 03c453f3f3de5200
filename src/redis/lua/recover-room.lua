-- Recovers a room that was kept under another replication id than its server has now. For a short time nodes offer
-- their copies. The newest of these and the store's own wins, and goes on under a new epoch. Knows positions and texts.
-- The recovery under way stands in two fields beside the answers, whose names all have a colon. A key of its own would
-- be missing at most times. A script fails on a missing key while its slot is half moved.
-- ARGV   sent: ms; epoch_end: of a new epoch's name
--       moved: 'moved' when the room's old server lives on, so that the store's copy wins at once; or ''
--       offer_text: JSON, or ''; { epoch, version, history (its replication id), fields: [field, text, …], isClosed,
--         fence (the highest known), held: [[user, rtcUid, profile JSON or '', fence or '']] (all texts),
--         bans|silences: [[user, text]] (missing: not known), chat: [entry] }
-- Returns   {recovered, time, field, value, …}: the whole stage, also when it was recovered before this call
--       | {recovering, time, ms to wait, replication id that the store's copy was kept under, or ''}
--       | absent | stale_write
local sent, channel, epoch_end, moved, offer_text = unpack(ARGV)
local lists = {bans = bans, silences = silences}

if is_stale(sent) then return {'stale_write', now} end
if kept_under == present_id then return whole_stage('recovered') end
local offer = offer_text ~= '' and cjson.decode(offer_text) or nil
-- A node that knew the room under the present replication id knows that it has ended since.
if offer and offer.history == present_id then offer = nil end

--- The recovery that is under way, { under, until_ms, epoch, version, isBare }; nil when there is none.
local function known_recovery()
  local text = redis.call('HGET', answers, 'settling')
  local known = text and cjson.decode(text)
  if known and known.under == present_id then return known end
end

--- The best position so far, and until when better ones are waited for. A new replication id begins a new recovery.
local function open_recovery()
  local known = known_recovery()
  if known then return known end
  redis.call('HDEL', answers, 'offer')
  return {under = present_id, until_ms = now + RECOVERY_WINDOW_MS, epoch = epoch or '', version = version or -1}
end

--- Whether the offer replaces the best copy so far: it is newer, or as new and brings the bans that the other lacks.
local function is_better(best)
  if offer.epoch ~= best.epoch then return offer.epoch > best.epoch end
  if offer.version ~= best.version then return offer.version > best.version end
  return best.isBare and offer.bans ~= nil
end

local function keep_recovery(best)
  redis.call('HSET', answers, 'settling', cjson.encode(best))
  if not epoch then redis.call('PEXPIRE', answers, RECOVERY_TTL_MS) end
end

local function restore_lists(copy)
  for name, list in pairs(lists) do
    if copy[name] then redis.call('DEL', list) end
    redis.call('HSET', list, ':', '0|')
    for _, sanction in ipairs(copy[name] or {}) do redis.call('HSET', list, sanction[1], sanction[2]) end
  end
  if redis.call('EXISTS', chat) == 0 then
    redis.call('RPUSH', chat, ':')
    for _, entry in ipairs(copy.chat) do redis.call('RPUSH', chat, entry) end
  end
end

--- A pinned member that the store does not know belongs to no node: their own node finds them again, or their grace
--- begins. A grace that began later than the stored session keeps the fence that the end of the grace will name.
local function restore_pinned(copy)
  local last_fence = math.max(now_us, tonumber(redis.call('HGET', members, ':') or '') or 0, tonumber(copy.fence))
  redis.call('DEL', pinned)
  redis.call('SADD', pinned, ':')
  redis.call('HSET', uids, ':', '')
  for _, member in ipairs(copy.held) do
    local user, uid, profile, fence = member[1], member[2], member[3], member[4]
    redis.call('SADD', pinned, user)
    local known = redis.call('HGET', members, user)
    if known then
      local known_fence, _, rest = parse_member(known)
      local is_behind = fence ~= '' and tonumber(known_fence) < tonumber(fence)
      if is_behind then redis.call('HSET', members, user, fence .. rest) end
    elseif profile ~= '' then
      if fence == '' then
        last_fence = last_fence + 1
        fence = string.format('%.0f', last_fence)
      end
      redis.call('HSETNX', uids, uid, user)
      redis.call('HSET', members, user, string.format('%s|%s|%.0f||%s', fence, uid, now, profile))
    end
  end
  redis.call('HSET', members, ':', string.format('%.0f', last_fence))
end

--- Puts an offered copy in the place of the store's own.
local function restore(copy)
  redis.call('HSET', stage, 'isClosed', copy.isClosed and '1' or '0', unpack(copy.fields))
  restore_lists(copy)
  restore_pinned(copy)
end

--- Epochs begin with the time of their birth, in a fixed number of digits, so they sort by age. Versions count on.
local function begin_epoch(last_epoch, last_version)
  local birth = math.max(now, (tonumber(string.sub(last_epoch, 1, 13)) or 0) + 1)
  local new_epoch = string.format('%013.0f', birth) .. '-' .. epoch_end
  redis.call('HSET', stage, 'epoch', new_epoch, 'version', last_version, 'history', present_id)
  -- Positions of another epoch cannot be continued from.
  redis.call('DEL', log)
  redis.call('XADD', log, '0-1', 'record', '')
  redis.call('HSETNX', answers, ':', '0')
  local ttl_ms = redis.call('HGET', stage, 'isClosed') == '1' and CLOSED_ROOM_TTL_MS or IDLE_ROOM_TTL_MS
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl_ms) end
end

if not epoch and not offer and not known_recovery() then return {'absent', now, present_id} end
local best = open_recovery()
if offer and is_better(best) then
  best.epoch, best.version, best.isBare = offer.epoch, offer.version, offer.bans == nil
  redis.call('HSET', answers, 'offer', offer_text)
end
-- A server that took over from the room's old server may lack what lives on there, so its copy does not win at once.
local took_over_from = string.match(redis.call('INFO', 'replication'), 'master_replid2:(%x+)')
local was_moved = moved == 'moved' and kept_under ~= took_over_from
if now < best.until_ms and not was_moved then
  keep_recovery(best)
  return {'recovering', now, best.until_ms - now, kept_under or ''}
end

local winner = redis.call('HGET', answers, 'offer')
redis.call('HDEL', answers, 'settling', 'offer')
if best.epoch == '' then return {'absent', now, present_id} end
if winner then restore(cjson.decode(winner)) end
begin_epoch(best.epoch, best.version)
redis.call(PUBLISH, channel, '{"kind":"settled"}')
return whole_stage('recovered')
