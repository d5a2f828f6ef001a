-- Keep the claims of a batch that is still being routed. A claim that was given back, or taken over, stays as it is.
-- KEYS: stream   ARGV: group, consumer, milliseconds after which a claim counts as abandoned, entry ids …
for i = 4, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if pending and pending[2] == ARGV[2] and pending[3] < tonumber(ARGV[3]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  end
end
