-- Returns for each stream the number of entries that no consumer has claimed yet, counted up to its limit.
-- KEYS: stream …   ARGV: group, limit of each stream …
local waiting = {}
for index, key in ipairs(KEYS) do
  waiting[index] = 0
  if redis.call('EXISTS', key) == 1 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
      local facts = {}
      for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
      if facts['name'] == ARGV[1] then
        waiting[index] = #redis.call('XRANGE', key, '(' .. facts['last-delivered-id'], '+', 'COUNT', ARGV[1 + index])
      end
    end
  end
end
return waiting
