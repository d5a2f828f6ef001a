-- Keep what a process reports, with the moment by Redis' clock: processes' own clocks may differ.
-- KEYS: hash. ARGV: field, JSON object
local now = redis.call('TIME')
local report = cjson.decode(ARGV[2])
report.at = now[1] + now[2] / 1000000
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(report))
return 1
