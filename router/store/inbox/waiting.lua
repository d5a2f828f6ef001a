-- Returns the number of entries that no consumer has claimed yet, counted up to a limit.
-- KEYS: stream …   ARGV: group, limit
local waiting = 0
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
      local facts = {}
      for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
      if facts['name'] == ARGV[1] then
        waiting = waiting
          + #redis.call('XRANGE', key, '(' .. facts['last-delivered-id'], '+', 'COUNT', tonumber(ARGV[2]) - waiting)
      end
    end
  end
  if waiting >= tonumber(ARGV[2]) then break end
end
return waiting
