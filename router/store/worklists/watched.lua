-- Note what was seen of watched leads; a lead that was decided again or taken off the list meanwhile is left alone.
-- KEYS: watched, overdue, outbox, lead hash of each lead …
-- ARGV: JSON {{id, episode, look_at (none: stop watching), percent, overdue_since, event} …}
-- The event for the ledger is added once: when the lead becomes overdue.
-- Returns for each lead 1 (noted), or 0.
local watched, overdue, outbox = KEYS[1], KEYS[2], KEYS[3]
local noted = {}
for index, lead in ipairs(cjson.decode(ARGV[1])) do
  local key = KEYS[3 + index]
  local state = redis.call('HMGET', key, F.STATE, F.EPISODE)
  local here = state[1] == 'done' or state[1] == 'written'
  if here and tonumber(state[2]) == lead.episode and redis.call('ZSCORE', watched, lead.id) then
    redis.call('HSET', key, F.PERCENT_BEHIND, lead.percent)
    if lead.look_at then redis.call('ZADD', watched, lead.look_at, lead.id) else redis.call('ZREM', watched, lead.id) end
    if lead.event and not redis.call('ZSCORE', overdue, lead.id) then
      redis.call('XADD', outbox, '*', 'kind', 'event', 'contact', lead.id, 'record', lead.event)
    end
    if lead.overdue_since then redis.call('ZADD', overdue, lead.overdue_since, lead.id)
    else redis.call('ZREM', overdue, lead.id) end
    noted[index] = 1
  else
    if not here then
      redis.call('ZREM', watched, lead.id)
      redis.call('ZREM', overdue, lead.id)
    end
    noted[index] = 0
  end
end
return noted
