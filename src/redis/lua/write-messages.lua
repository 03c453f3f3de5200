-- Writes one batch of messages into a room. Each is judged, and kept if it is chat. All go to the feed in one piece.
-- Messages come as finished JSON; only their time is added. Knows sessions and silences; no role and no kind of room.
-- ARGV   sent: ms or ''; capped_above: members above which the cap holds, or ''
--       cap_…: how many messages may be shown in a second when the next is a further line of its sender, their first
--       line, or a line with a mention
--       then eight for each message: user, fence ('' for a service), command key or '', messageId,
--         kept | told | summed, its JSON without time (summed: the key's JSON), count, always | mention | plain
-- Publishes   'messages' and a line for each: kept | told, messageId, user, JSON; or summed, count, the key's JSON
-- Returns   {judged, time, verdict, …}, one verdict for each message: said|at, unshown|at, silenced|until or '',
--   answered|time|command|json, gone, closed; or absent | recovery_required | stale_write
local channel, command, sent, capped_above, cap_again, cap_first, cap_mention = unpack(ARGV, 1, 7)
local first_message, message_size = 8, 8

if is_stale(sent) then return {'stale_write', now} end
local refusal = unusable()
if refusal then return refusal end

--- The verdict on a message that must not be written, or was written before; nil for all others.
local function refusing_verdict(user, fence, key)
  local hindered, answer = hindrance(user, fence, key)
  if hindered == 'answered' then return 'answered|' .. answer end
  if hindered or fence == '' then return hindered end
  local is_silenced, until_ms = in_force(redis.call('HGET', silences, user))
  if is_silenced then return 'silenced|' .. until_ms end
end

-- What was shown in this second, "second|count|,sender,sender,". It stands beside the answers, whose keys have a colon.
local is_capped = capped_above ~= '' and redis.call('HLEN', members) - 1 > tonumber(capped_above)
local second, shown_count, senders = string.format('%.0f', now - now % 1000), 0, ','
if is_capped then
  local at, count, names = string.match(redis.call('HGET', answers, 'shown') or '', '^(%d+)|(%d+)|(.*)$')
  if at == second then shown_count, senders = tonumber(count), names end
end

--- Whether the cap has room for one more message of that rank. Counts it if so.
local function is_shown(user, rank)
  if not is_capped then return true end
  local name = ',' .. user .. ','
  local has_spoken = string.find(senders, name, 1, true)
  local limit = rank == 'mention' and cap_mention or has_spoken and cap_again or cap_first
  if rank ~= 'always' and shown_count >= tonumber(limit) then return false end
  shown_count = shown_count + 1
  if not has_spoken then senders = senders .. string.sub(name, 2) end
  return true
end

--- The lines for the feed; and the sums of reactions by their keys, with the keys in the order of their first sending.
local lines, sums, sum_keys = {}, {}, {}
local has_kept, has_answers = false, false

local function write(user, id, class, text, count)
  if class == 'summed' then
    if not sums[text] then sum_keys[#sum_keys + 1] = text end
    sums[text] = (sums[text] or 0) + tonumber(count)
    return
  end
  local message = string.sub(text, 1, -2) .. ',"at":' .. now .. '}'
  lines[#lines + 1] = class .. '|' .. id .. '|' .. user .. '|' .. message
  if class == 'kept' then
    redis.call('RPUSH', chat, id .. '|' .. user .. '|' .. message)
    has_kept = true
  end
end

local function judge(user, fence, key, id, class, text, count, rank)
  local refused = refusing_verdict(user, fence, key)
  if refused then return refused end
  local is_displayed = class == 'summed' or is_shown(user, rank)
  if is_displayed then write(user, id, class, text, count) end
  if key ~= '' then
    redis.call('HSET', answers, key, now .. '|' .. command .. '|{"messageId":"' .. id .. '","at":' .. now
      .. (is_displayed and '}' or ',"shown":false}'))
    has_answers = true
  end
  return (is_displayed and 'said|' or 'unshown|') .. now
end

local verdicts = {'judged', now}
for index = first_message, #ARGV, message_size do
  verdicts[#verdicts + 1] = judge(unpack(ARGV, index, index + message_size - 1))
end

if is_capped then redis.call('HSET', answers, 'shown', second .. '|' .. shown_count .. '|' .. senders) end
if has_kept then redis.call('LTRIM', chat, -MESSAGES_KEPT, -1) end
if has_answers then forget_old_answers() end
for _, key in ipairs(sum_keys) do lines[#lines + 1] = 'summed|' .. sums[key] .. '|' .. key end
if #lines > 0 then redis.call(PUBLISH, channel, 'messages\n' .. table.concat(lines, '\n')) end
return verdicts
