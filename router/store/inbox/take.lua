-- Claim up to `limit` entries: abandoned ones first, then new ones, then the low-priority stream.
-- Leads that have waited long enough for their facts join the new ones.
-- KEYS: inbox, inbox:low, settling
-- ARGV: group, consumer, limit, milliseconds after which a claim counts as abandoned (0: ignore those), take low (1|0),
--       now (epoch ms), prefix of the leads' names
-- Returns {stream number, {entry id, contact id, occurred at (epoch ms), deliveries} …}
local group, consumer, limit, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local streams = ARGV[5] == '1' and 2 or 1

local function entry(number, id, fields, deliveries)
  local contact, occurred = '', '0'
  for i = 1, #fields, 2 do
    if fields[i] == 'c' then contact = fields[i + 1] elseif fields[i] == 't' then occurred = fields[i + 1] end
  end
  return { number, id, contact, occurred, deliveries }
end

if lease > 0 then
  for number = 1, streams do
    local found = redis.call('XAUTOCLAIM', KEYS[number], group, consumer, lease, '0-0', 'COUNT', limit)[2]
    if #found > 0 then
      local entries = {}
      for _, one in ipairs(found) do
        local pending = redis.call('XPENDING', KEYS[number], group, one[1], one[1], 1)
        entries[#entries + 1] = entry(number, one[1], one[2], pending[1] and pending[1][4] or 1)
      end
      return entries
    end
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[6], 'LIMIT', 0, limit)) do
  redis.call('XADD', KEYS[1], '*', 'c', id, 't', redis.call('HGET', ARGV[7] .. id, F.SINCE) or ARGV[6])
  redis.call('ZREM', KEYS[3], id)
end
for number = 1, streams do
  local found = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', limit, 'STREAMS', KEYS[number], '>')
  if found then
    local entries = {}
    for _, one in ipairs(found[1][2]) do entries[#entries + 1] = entry(number, one[1], one[2], 1) end
    return entries
  end
end
return {}
