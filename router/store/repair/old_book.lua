-- Take the counts of days out of a book that an earlier version kept: each day that still matters gets its own hash.
-- KEYS: book
-- ARGV: prefix of the book's days, first day that matters (ISO)
-- Returns the number of fields taken out.
local moved, past = {}, {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local day = string.match(field, '^today:([^:]*):')
  if day and day >= ARGV[2] then moved[#moved + 1] = field elseif day then past[#past + 1] = field end
end
for _, field in ipairs(moved) do
  -- It is added: a process of this version may have counted leads of that day already.
  add_to_book(KEYS[1], ARGV[1], field, redis.call('HGET', KEYS[1], field))
  redis.call('HDEL', KEYS[1], field)
end
for at = 1, #past, 1000 do redis.call('HDEL', KEYS[1], unpack(past, at, math.min(at + 999, #past))) end
-- A decision under way has read the days before this.
if #moved > 0 then redis.call('HINCRBY', KEYS[1], 'version', 1) end
return #moved + #past
