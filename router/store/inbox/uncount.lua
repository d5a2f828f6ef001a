-- Take back the count of this delivery: the claims stay ours, and are abandoned as late as before.
-- KEYS: stream   ARGV: group, consumer, entry ids …
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i],
      'IDLE', pending[1][3], 'RETRYCOUNT', math.max(0, pending[1][4] - 1), 'JUSTID')
  end
end
