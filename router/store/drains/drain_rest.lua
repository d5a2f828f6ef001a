-- End a drain if every entry is claimed by a consumer. Returns 1 if it is off the list now, 0 if something waits.
-- KEYS: drains, inbox, inbox:low   ARGV: name, group
for number = 2, 3 do
  if redis.call('EXISTS', KEYS[number]) == 1 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[number])) do
      local facts = {}
      for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
      if facts['name'] == ARGV[2]
        and #redis.call('XRANGE', KEYS[number], '(' .. facts['last-delivered-id'], '+', 'COUNT', 1) > 0 then
        return 0
      end
    end
  end
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
