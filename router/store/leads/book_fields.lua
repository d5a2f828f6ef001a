-- Where a field of the book stands. The counts of one day ("today:<date>:<rep>") have a hash of their own, which ends
-- some days after the last lead was counted in it; all other fields stand in the book. `days` is the prefix of the days'
-- hashes.
local DAY_ENDS_AFTER = 4 * 86400 -- seconds: no time zone, late refund or wrong clock asks for a day that long ago
local function hash_of(book, days, field)
  local day = string.match(field, '^today:([^:]*):')
  return day and days .. day or book
end
local function add_to_book(book, days, field, delta)
  local key = hash_of(book, days, field)
  if key == book then
    redis.call('HINCRBY', book, field, delta)
  elseif tonumber(delta) > 0 then
    redis.call('HINCRBY', key, field, delta)
    redis.call('EXPIRE', key, DAY_ENDS_AFTER)
  elseif redis.call('EXISTS', key) == 1 then -- a refund does not bring back a day that has ended
    redis.call('HINCRBY', key, field, delta)
  end
end
