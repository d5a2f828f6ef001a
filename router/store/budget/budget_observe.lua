-- Adopt the portal's limits when they are smaller than ours, and its use of the day when it is larger.
local limits, day = unpack(KEYS)
local calls_per_10s, calls_per_day, day_used = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

if calls_per_10s then redis.call('HSET', limits, 'calls_per_10s', calls_per_10s) end
if calls_per_day then redis.call('HSET', limits, 'calls_per_day', calls_per_day) end
redis.call('EXPIRE', limits, 3600)
if day_used and day_used > tonumber(redis.call('GET', day) or '0') then
  redis.call('SET', day, day_used, 'EX', 172800)
end
return 1
