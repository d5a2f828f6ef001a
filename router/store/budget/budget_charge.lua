-- Decide whether one HubSpot call may go out now. All windows are checked first; then all are charged, or none.
-- Returns {verdict, wait in ms, reason}. Verdicts: granted, probe, paused, trial, ten_seconds, search, day.
local calls, searches, day, pause, trial, limits = unpack(KEYS)
local member, kind = ARGV[1], ARGV[2]
local share, calls_per_10s, searches_per_s = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local calls_per_day, until_midnight, probe_lease = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local day_share = tonumber(ARGV[9])
local now = tonumber(ARGV[10])
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
end

local held = redis.call('GET', pause)
if held then
  held = cjson.decode(held)
  if held.until_ms > now then return {'paused', held.until_ms - now, held.reason} end
end

local on_trial = redis.call('HMGET', trial, 'next_ms', 'reason')
if on_trial[1] and tonumber(on_trial[1]) > now then
  return {'trial', tonumber(on_trial[1]) - now, on_trial[2] or ''}
end

local seen = redis.call('HMGET', limits, 'calls_per_10s', 'calls_per_day')
calls_per_10s = math.min(calls_per_10s, tonumber(seen[1]) or calls_per_10s)
calls_per_day = math.min(calls_per_day, tonumber(seen[2]) or calls_per_day)

local verdict, wait = 'granted', 0
local function look(name, needed)
  if needed > wait then verdict, wait = name, needed end
end

-- Milliseconds until a moving window has room: until its oldest call that is in the way has left it; 0 for now.
local function room_in(window, span, limit)
  redis.call('ZREMRANGEBYSCORE', window, '-inf', now - span)
  local used = redis.call('ZCARD', window)
  if used < limit then return 0 end
  local first = redis.call('ZRANGE', window, used - limit, used - limit, 'WITHSCORES')
  return math.max(1, tonumber(first[2]) + span - now)
end

if kind == 'search' then
  look('search', room_in(searches, 1000, searches_per_s))
else
  look('ten_seconds', room_in(calls, 10000, math.max(1, math.floor(calls_per_10s * share / 100))))
end
if tonumber(redis.call('GET', day) or '0') >= math.floor(calls_per_day * day_share / 100) then
  look('day', until_midnight)
end
if wait > 0 then return {verdict, wait, ''} end

local window = kind == 'search' and searches or calls
redis.call('ZADD', window, now, member)
redis.call('PEXPIRE', window, 20000)
if redis.call('INCR', day) == 1 then redis.call('EXPIRE', day, 172800) end
if on_trial[1] then
  redis.call('HSET', trial, 'next_ms', now + probe_lease)
  return {'probe', 0, on_trial[2] or ''}
end
return {'granted', 0, ''}
