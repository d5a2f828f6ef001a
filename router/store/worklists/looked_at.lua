-- Take contacts off the list of changed ones, unless they changed again meanwhile.
-- KEYS: changed
-- ARGV: contact id, the moment it was due for (epoch ms) …
for at = 1, #ARGV, 2 do
  local due = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if due and tonumber(due) == tonumber(ARGV[at + 1]) then redis.call('ZREM', KEYS[1], ARGV[at]) end
end
