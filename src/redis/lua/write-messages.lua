-- Says one batch of one node in a room: each message is judged, kept if it is chat, and all are told in one piece.
-- Messages come as finished JSON; only their time is added. Knows sessions and silences; never a role or a kind of room.
-- KEYS  1 stage  2 log  3 members  4 held  5 uids  6 done  7 bans  8 silences  9 chat
-- ARGV  1 channel  2 messages kept  3 answer memory (ms)  4 answer prune (ms)  5 command
--       6 members above which the cap holds, or ''  7 8 9 messages shown in a second, up to which a sender's further
--       lines, his first one, and lines that mention somebody are shown
--       10 when they were sent (ms) or ''  11 clock tolerance (ms)
--       12… eight for each message: user, fence ('' for a service), command key or '', messageId,
--          kept | told | summed, its JSON without time (summed: the key's JSON), count, always | mention | plain
-- Publishes 'messages' and a line for each message: kept | told, messageId, user, JSON; or summed, count, the key's JSON
-- Returns {judged, time, verdict, …} with a verdict for each message: said|at, unshown|at, silenced|until or '',
--   answered|time|command|json, gone, closed; or {absent, time, history} | {recovery_required, time, history} | {late, time}
local now = store_time()
if is_late(now, ARGV[10], ARGV[11]) then return {'late', now} end
local members, done, silences, chat = KEYS[3], KEYS[6], KEYS[8], KEYS[9]
local channel, kept_max = ARGV[1], tonumber(ARGV[2])
local memory_ms, prune_ms, command = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local refusal, present = room_refusal(KEYS[1])
if refusal == 'absent' or refusal == 'recovery_required' then return {refusal, now, present} end

local function hindrance(user, fence, key)
  local known = key ~= '' and known_answer(done, key, now, memory_ms)
  if known then return 'answered|' .. known end
  if refusal then return refusal end
  if fence == '' then return nil end
  local member = redis.call('HGET', members, user)
  if not member or parse_member(member) ~= fence then return 'gone' end
  local is_silenced, until_ms = in_force(redis.call('HGET', silences, user), now)
  if is_silenced then return 'silenced|' .. until_ms end
end

-- What was shown in this second: "second|count|,sender,sender,", beside the answers, whose keys all have a colon.
local is_capped = ARGV[6] ~= '' and redis.call('HLEN', members) - 1 > tonumber(ARGV[6])
local second, shown, senders = now - now % 1000, 0, ','
if is_capped then
  local at, count, names = string.match(redis.call('HGET', done, 'shown') or '', '^(%d+)|(%d+)|(.*)$')
  if at == string.format('%.0f', second) then shown, senders = tonumber(count), names end
end

--- Whether the cap leaves room for one more of that rank, and takes note of it.
local function is_shown(user, rank)
  if not is_capped then return true end
  local name = ',' .. user .. ','
  local has_spoken = string.find(senders, name, 1, true)
  local limit = rank == 'mention' and ARGV[9] or has_spoken and ARGV[7] or ARGV[8]
  if rank ~= 'always' and shown >= tonumber(limit) then return false end
  shown = shown + 1
  if not has_spoken then senders = senders .. string.sub(name, 2) end
  return true
end

local verdicts, told, sums, order = {'judged', now}, {}, {}, {}
local has_kept, has_answers = false, false
for index = 12, #ARGV, 8 do
  local user, fence, key, id, class, text, count, rank = unpack(ARGV, index, index + 7)
  local hindered = hindrance(user, fence, key)
  local is_told = not hindered and (class == 'summed' or is_shown(user, rank))
  if not hindered then
    if not is_told then
      hindered = 'unshown|' .. now
    elseif class == 'summed' then
      if not sums[text] then order[#order + 1] = text end
      sums[text] = (sums[text] or 0) + tonumber(count)
    else
      local message = string.sub(text, 1, -2) .. ',"at":' .. now .. '}'
      told[#told + 1] = class .. '|' .. id .. '|' .. user .. '|' .. message
      if class == 'kept' then
        redis.call('RPUSH', chat, id .. '|' .. user .. '|' .. message)
        has_kept = true
      end
    end
    if key ~= '' then
      redis.call('HSET', done, key, now .. '|' .. command .. '|{"messageId":"' .. id .. '","at":' .. now
        .. (is_told and '}' or ',"shown":false}'))
      has_answers = true
    end
  end
  verdicts[#verdicts + 1] = hindered or ('said|' .. now)
end

if is_capped then redis.call('HSET', done, 'shown', string.format('%.0f', second) .. '|' .. shown .. '|' .. senders) end
if has_kept then redis.call('LTRIM', chat, -kept_max, -1) end
if has_answers then forget_old_answers(done, now, memory_ms, prune_ms) end
for _, key in ipairs(order) do told[#told + 1] = 'summed|' .. sums[key] .. '|' .. key end
if #told > 0 then redis.call(PUBLISH, channel, 'messages\n' .. table.concat(told, '\n')) end
return verdicts
