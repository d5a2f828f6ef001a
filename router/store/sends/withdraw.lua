-- Note that what was about to be sent for these leads was not sent after all.
-- KEYS: lead hash of each lead …
-- ARGV: the moment with which the sends were kept (epoch ms)
for _, key in ipairs(KEYS) do
  if redis.call('HGET', key, F.SENDING) == ARGV[1] then redis.call('HDEL', key, F.SENDING) end
end
