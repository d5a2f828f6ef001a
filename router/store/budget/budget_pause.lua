-- Hold back all calls. A named failure does so only once failures are many, or while HubSpot is on trial.
-- Returns 1 if calls are held back now, 0 if the failure was only counted.
local pause, trial, failures = unpack(KEYS)
local reason, for_ms, starts_trial, failure = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4]
local failures_allowed, failures_ms = tonumber(ARGV[5]), tonumber(ARGV[6])
local trial_ms = 3600000
local now = tonumber(ARGV[7])
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
end

if failure ~= '' then
  redis.call('ZREMRANGEBYSCORE', failures, '-inf', now - failures_ms)
  redis.call('ZADD', failures, now, failure)
  redis.call('PEXPIRE', failures, failures_ms)
  if redis.call('ZCARD', failures) < failures_allowed and redis.call('EXISTS', trial) == 0 then return 0 end
end

local until_ms = now + for_ms
local held = redis.call('GET', pause)
if not held or cjson.decode(held).until_ms < until_ms then
  local words = cjson.encode({reason = reason, since_ms = now, until_ms = until_ms})
  redis.call('SET', pause, words, 'PX', for_ms)
end
if starts_trial then
  redis.call('HSET', trial, 'reason', reason, 'next_ms', until_ms)
  redis.call('PEXPIRE', trial, for_ms + trial_ms)
  redis.call('DEL', failures)
end
return 1
