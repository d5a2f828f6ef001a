-- Returns 1, and notes the wake-up, if no drain is running and no wake-up is on its way. KEYS: drains, awake
local now = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now[1] * 1000 + math.floor(now[2] / 1000))
if redis.call('ZCARD', KEYS[1]) > 0 then return 0 end
return redis.call('SET', KEYS[2], '1', 'NX', 'PX', 1000) and 1 or 0
