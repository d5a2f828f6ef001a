-- Write the book of shares anew after Redis was emptied, once: the first process does it. An existing book stays.
-- KEYS: book, whole, reconciled
-- ARGV: now (ISO), JSON {field = value …}, the rebuild to request (JSON, or '' for none),
--       the search for lost writes to request (JSON, or '' for none), prefix of the book's days
-- Returns 1 if these fields are the book now, 0 if there was one.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[3], 'lost_writes', ARGV[4]) end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local kind = string.match(field, '^%a+:')
  if kind == 'credit:' or kind == 'points:' then return 0 end
end
for field, value in pairs(cjson.decode(ARGV[2])) do
  local key = hash_of(KEYS[1], ARGV[5], field)
  redis.call('HSET', key, field, value)
  if key ~= KEYS[1] then redis.call('EXPIRE', key, DAY_ENDS_AFTER) end
end
redis.call('HINCRBY', KEYS[1], 'version', 1)
if ARGV[3] ~= '' then redis.call('HSET', KEYS[3], 'rebuild', ARGV[3]) end
return 1
