-- Append announced leads to the inbox, note changes, erasures and counts. Returns 1 if the caller should send a wake-up.
-- KEYS: inbox, erasures, counts, drains, awake, changed, recent, listened, settling, revise
-- ARGV: leads that one drain can work on at once, ignored events, those of them of other portals,
--       the leads as "<contact id> <occurred at> …" (one text: 200 arguments cost the client more than this loop),
--       changed contacts as "<contact id> <changed at> …", prefix of the leads' names,
--       those of the changed ones that were deleted as "<contact id> …",
--       contacts of which a property changed as "<contact id> <property> …", now (epoch ms), contact ids to erase …
local inbox, erasures, counts, drains, awake = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local per_drain, ignored, leads, erased = tonumber(ARGV[1]), tonumber(ARGV[2]), 0, #ARGV - 9
local foreign = tonumber(ARGV[3])

local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
for contact, occurred in string.gmatch(ARGV[4], '(%d+) (%d+)') do
  redis.call('XADD', inbox, '*', 'c', contact, 't', occurred)
  leads = leads + 1
end
for at = 10, #ARGV do redis.call('SADD', erasures, ARGV[at]) end
local changed = 0
for contact, changed_at in string.gmatch(ARGV[5], '(%d+) (%d+)') do
  -- Only leads of ours are followed; a contact that is being erased must leave no new trace.
  if redis.call('EXISTS', ARGV[6] .. contact) == 1 and redis.call('SISMEMBER', erasures, contact) == 0 then
    redis.call('ZADD', KEYS[6], changed_at, contact)
    changed = changed + 1
  else
    ignored = ignored + 1
  end
end
for contact in string.gmatch(ARGV[7], '%d+') do
  if redis.call('EXISTS', ARGV[6] .. contact) == 1 then redis.call('HSET', ARGV[6] .. contact, F.DELETED, '1') end
end
-- A fact of a lead has come or changed: one that waits for it goes back into the inbox, a decision is looked at again.
local touched, woken = 0, 0
for contact, property in string.gmatch(ARGV[8], '(%d+) ([%w_]+)') do
  local key, matters = ARGV[6] .. contact, false
  if redis.call('SISMEMBER', KEYS[8], property) == 1 then
    local known = redis.call('HMGET', key, F.STATE, F.REVISE_UNTIL, F.SINCE)
    matters = known[1] == 'waiting' or tonumber(known[2] or '0') > tonumber(ARGV[9])
    if matters and redis.call('ZREM', KEYS[9], contact) == 1 then
      redis.call('XADD', inbox, '*', 'c', contact, 't', known[3] or ARGV[9])
      woken = woken + 1
    elseif matters then
      -- Also while a worker decides the lead: it may have read it before this change.
      redis.call('ZADD', KEYS[10], ARGV[9], contact)
    end
    if known[1] == 'waiting' then redis.call('HSET', key, F.LAST_CHANGE, ARGV[9]) end
  end
  if matters then touched = touched + 1 else ignored = ignored + 1 end
end
if leads > 0 then redis.call('HINCRBY', counts, 'events_accepted', leads) end
if erased > 0 then redis.call('HINCRBY', counts, 'events_erasure', erased) end
if changed > 0 then redis.call('HINCRBY', counts, 'events_changed', changed) end
if touched > 0 then redis.call('HINCRBY', counts, 'events_touched', touched) end
if ignored > 0 then redis.call('HINCRBY', counts, 'events_ignored', ignored) end
redis.call('HINCRBY', counts, 'deliveries', 1)
-- By the hour, for the health page; the names stand in store/health/recent.py, too.
local hour, own = math.floor(now[1] / 3600) .. ':', leads + erased + changed + touched + ignored - foreign
redis.call('HINCRBY', KEYS[7], hour .. 'deliveries', 1)
if own > 0 then redis.call('HINCRBY', KEYS[7], hour .. 'events', own) end
if foreign > 0 then redis.call('HINCRBY', KEYS[7], hour .. 'foreign', foreign) end
if leads + woken == 0 then return 0 end

redis.call('ZREMRANGEBYSCORE', drains, '-inf', now_ms)
local active = redis.call('ZCARD', drains)
if active > 0 and redis.call('XLEN', inbox) <= active * per_drain then return 0 end
return redis.call('SET', awake, '1', 'NX', 'PX', 1000) and 1 or 0
