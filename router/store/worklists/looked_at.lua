-- Take leads off a list, or put them off, unless they came onto it again since it was read.
-- KEYS: the list
-- ARGV: contact id, the moment it was due for, when it is due next (0: never) …; all in epoch ms
for at = 1, #ARGV, 3 do
  local due = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if due and tonumber(due) == tonumber(ARGV[at + 1]) then
    if ARGV[at + 2] == '0' then redis.call('ZREM', KEYS[1], ARGV[at])
    else redis.call('ZADD', KEYS[1], ARGV[at + 2], ARGV[at]) end
  end
end
