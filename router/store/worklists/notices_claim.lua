-- Claim a notice just before it goes out; one that was forgotten meanwhile leaves no trace.
-- KEYS: waiting, sent   ARGV: id, now (epoch ms), time remembered in ms
-- Returns 1 (claimed), 0 (it went out already, or may have) or -1 (there is no such notice any more)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[2] - ARGV[3])
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return -1 end
return redis.call('ZADD', KEYS[2], 'NX', ARGV[2], ARGV[1])
