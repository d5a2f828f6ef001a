-- Start a drain, or renew its lease. Returns 1 if more leads wait than the running drains can carry and no wake-up is
-- on its way: then the caller sends one.
-- KEYS: drains, awake, inbox  ARGV: name, lease in ms, 1 when it starts, leads that one drain can work on at once
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZADD', KEYS[1], now_ms + tonumber(ARGV[2]), ARGV[1])
if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms)
if redis.call('XLEN', KEYS[3]) <= redis.call('ZCARD', KEYS[1]) * tonumber(ARGV[4]) then return 0 end
return redis.call('SET', KEYS[2], '1', 'NX', 'PX', 1000) and 1 or 0
