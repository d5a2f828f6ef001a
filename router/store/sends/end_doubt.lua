-- End the doubt about leads, but for those for which something was sent meanwhile.
-- KEYS: lead hash of each lead …
-- ARGV: the moment of each lead's last send without answer, as it was read (epoch ms) …
-- Returns for each lead 1 (ended) or 0.
local ended = {}
for index, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, F.SENDING, F.DOUBT, F.STATE)
  local unanswered = math.max(tonumber(known[1] or '0'), tonumber(known[2] or '0'))
  ended[index] = 0
  if known[3] and unanswered == tonumber(ARGV[index]) then
    redis.call('HDEL', key, F.SENDING, F.DOUBT)
    if known[3] == 'done' or known[3] == 'queued' then redis.call('HDEL', key, F.CHANGES) end
    ended[index] = 1
  end
end
return ended
