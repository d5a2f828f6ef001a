-- Open leads again that were gone or announced as deleted, because they are announced anew.
-- KEYS: lead hash of each lead …
-- A decision that was not written yet stands; without any decision the lead is as good as new.
for _, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, F.STATE, F.CHANGES, F.DECISION_ID)
  if known[1] then redis.call('HDEL', key, F.DELETED, F.MISSING) end
  if known[1] == 'gone' and known[2] then
    redis.call('HSET', key, F.STATE, 'decided')
    redis.call('HDEL', key, F.ENTRY_ID)
    redis.call('PERSIST', key)
  elseif known[1] == 'gone' and not known[3] then
    redis.call('DEL', key)
  end
end
