-- Let leads without a decision wait for their facts: they leave the inbox, and come back when they are due or change.
-- KEYS: settling, inbox, inbox:low, inbox:low:ids, erasures, counts, lead hash of each lead …
-- ARGV: group, JSON {now (epoch ms), leads = {{id, due, since, last_change (epoch ms), waits_for, entries = {{stream, id} …}} …}}
-- Returns for each lead 1 (waits), or 0 (it is decided by now, or being erased; its entries are acknowledged).
local group, asked, waits = ARGV[1], cjson.decode(ARGV[2]), {}
local streams = { KEYS[2], KEYS[3] }
for index, lead in ipairs(asked.leads) do
  local key = KEYS[6 + index]
  local known = redis.call('HMGET', key, F.STATE, F.LAST_CHANGE)
  waits[index] = 0
  if (not known[1] or known[1] == 'waiting') and redis.call('SISMEMBER', KEYS[5], lead.id) == 0 then
    waits[index] = 1
    -- Something changed after the lead was read: it is read again at once.
    local due = tonumber(known[2] or '0') > lead.last_change and asked.now or lead.due
    redis.call('ZADD', KEYS[1], string.format('%.0f', due), lead.id)
    redis.call('HSET', key, F.STATE, 'waiting', F.EPISODE, -1, F.SINCE, string.format('%.0f', lead.since),
      F.WAITS_FOR, lead.waits_for)
    if not known[1] then
      redis.call('HSET', key, F.AT, string.format('%.0f', asked.now), F.WAITED_FOR, lead.waits_for)
      redis.call('HINCRBY', KEYS[6], 'leads_waited', 1)
    end
    redis.call('PERSIST', key)
  end
  for _, one in ipairs(lead.entries) do
    redis.call('XACK', streams[one[1]], group, one[2])
    redis.call('XDEL', streams[one[1]], one[2])
    if one[1] == 2 and redis.call('HGET', KEYS[4], lead.id) == one[2] then redis.call('HDEL', KEYS[4], lead.id) end
  end
end
return waits
