-- Note that what was sent for these leads may still be applied, and have them looked at.
-- KEYS: verify, lead hash of each lead …
-- ARGV: now (epoch ms), when to look at them (epoch ms), contact ids …
local now = tonumber(ARGV[1])
for index = 3, #ARGV do
  local key = KEYS[index - 1]
  local known = redis.call('HMGET', key, F.SENDS, F.DOUBT)
  if known[1] then
    redis.call('HSET', key, F.DOUBT, string.format('%.0f', math.max(now, tonumber(known[2] or '0'))))
    look_soon(KEYS[1], tonumber(ARGV[2]), ARGV[index])
  end
end
