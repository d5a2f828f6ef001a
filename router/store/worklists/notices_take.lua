-- Take one notice that is due and hide it from other processes for the time of a lease.
-- KEYS: due, waiting   ARGV: now (epoch ms), lease in ms.   Returns {id, the waiting notice (JSON)} or {}
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1)[1]
if not found then return {} end
local text = redis.call('HGET', KEYS[2], found)
if not text then
  redis.call('ZREM', KEYS[1], found)
  return {}
end
redis.call('ZADD', KEYS[1], ARGV[1] + ARGV[2], found)
return { found, text }
