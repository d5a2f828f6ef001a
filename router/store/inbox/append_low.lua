-- Append contacts that housekeeping found to the low-priority stream, each once however often it is found.
-- KEYS: inbox:low, inbox:low:ids   ARGV: now (epoch ms), contact ids …
-- Returns how many were appended; the others are in the stream already, claimed or not.
local stream, ids, appended = KEYS[1], KEYS[2], 0
for at = 2, #ARGV do
  local waiting = redis.call('HGET', ids, ARGV[at])
  if not waiting or #redis.call('XRANGE', stream, waiting, waiting) == 0 then
    redis.call('HSET', ids, ARGV[at], redis.call('XADD', stream, '*', 'c', ARGV[at], 't', ARGV[1]))
    appended = appended + 1
  end
end
return appended
