-- Returns for each stream the number of entries that no consumer has claimed yet, counted up to its limit; the first
-- counts the leads, too, that have waited long enough for their facts.
-- KEYS: settling, stream …   ARGV: group, now (epoch ms), limit of each stream …
local waiting = {}
for index = 2, #KEYS do
  local key, number = KEYS[index], index - 1
  waiting[number] = 0
  if redis.call('EXISTS', key) == 1 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
      local facts = {}
      for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
      if facts['name'] == ARGV[1] then
        waiting[number] = #redis.call('XRANGE', key, '(' .. facts['last-delivered-id'], '+', 'COUNT', ARGV[2 + number])
      end
    end
  end
end
waiting[1] = math.min(tonumber(ARGV[3]), waiting[1] + redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[2]))
return waiting
