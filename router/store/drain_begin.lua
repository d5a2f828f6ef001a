-- A drain starts, or goes on: its lease runs anew. KEYS: drains, awake  ARGV: name, lease in ms, 1 when it starts
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1] * 1000 + math.floor(now[2] / 1000) + tonumber(ARGV[2]), ARGV[1])
if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
