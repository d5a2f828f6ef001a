-- Have a lead looked at, at that moment at the latest. Its entry changes even if it was due before, so whoever looks at
-- the lead now does not take it off the list.
local function look_soon(list, at, id)
  local due = redis.call('ZSCORE', list, id)
  if due and tonumber(due) <= at then at = tonumber(due) - 1 end
  redis.call('ZADD', list, string.format('%.0f', at), id)
end
