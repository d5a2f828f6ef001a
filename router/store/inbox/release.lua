-- Give claims back at once: the next consumer takes them over, and the delivery is not counted.
-- KEYS: stream   ARGV: group, consumer, lease in ms, then entry id and deliveries so far …
for i = 4, #ARGV, 2 do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i],
      'IDLE', ARGV[3], 'RETRYCOUNT', ARGV[i + 1] - 1, 'JUSTID')
  end
end
