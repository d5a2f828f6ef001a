-- Keep what is about to be sent for each lead that is still ours to write, and renew its claims.
-- KEYS: verify, inbox, inbox:low, lead hash of each lead …
-- ARGV: group, consumer, rows kept per lead,
--       JSON {now (epoch ms), look_at = when to look at the lead if nobody reports the answer,
--             leads = {{id, state, episode, entries = {{stream, id} …}, send = {episode, owner, expected owner,
--                       seen (HubSpot's epoch ms), decision id} (absent if the write leaves the owner alone)} …}}
-- Returns for each lead 1 (send it) or 0 (another worker has taken it over, or it has moved on).
local group, consumer, most, asked = ARGV[1], ARGV[2], tonumber(ARGV[3]), cjson.decode(ARGV[4])
local streams = { KEYS[2], KEYS[3] }

local function is_mine(entry)
  local pending = redis.call('XPENDING', streams[entry[1]], group, entry[2], entry[2], 1)
  return pending[1] and pending[1][2] == consumer
end

local answers = {}
for index, lead in ipairs(asked.leads) do
  local key = KEYS[3 + index]
  local known = redis.call('HMGET', key, F.STATE, F.EPISODE, F.SENDS, F.SENDING, F.DOUBT)
  local mine = known[1] == lead.state and tonumber(known[2] or '-1') == lead.episode
  for _, entry in ipairs(lead.entries) do mine = mine and is_mine(entry) end
  if mine then
    for _, entry in ipairs(lead.entries) do
      redis.call('XCLAIM', streams[entry[1]], group, consumer, 0, entry[2], 'JUSTID')
    end
  end
  if mine and lead.send then
    local rows = {}
    for _, row in ipairs(known[3] and cjson.decode(known[3]) or {}) do
      local again = row[1] == lead.send[1] and row[2] == lead.send[2] and row[5] == lead.send[5]
      if not again then rows[#rows + 1] = row end
    end
    lead.send[6] = asked.now
    rows[#rows + 1] = lead.send
    while #rows > most do table.remove(rows, 1) end
    redis.call('HSET', key, F.SENDS, cjson.encode(rows), F.SENDING, string.format('%.0f', asked.now))
    -- The send before had no answer: it can still be applied.
    if known[4] then
      local doubt = math.max(tonumber(known[4]), tonumber(known[5] or '0'))
      redis.call('HSET', key, F.DOUBT, string.format('%.0f', doubt))
    end
    -- Without entries it is verification that writes: it looks at the lead now, and decides when to look again.
    if #lead.entries == 0 then redis.call('ZADD', KEYS[1], asked.look_at, lead.id)
    else look_soon(KEYS[1], asked.look_at, lead.id) end
  end
  answers[index] = mine and 1 or 0
end
return answers
