-- Purge every trace of one contact: state, lists, queues, inbox entries and outbox entries.
-- KEYS: lead hash, inbox, inbox:low, outbox, verify, parked, queues, erasures, tended, inbox:low:ids, changed, moved,
--       watched, overdue, book, recent_writes, waiting, settling, revise, merged
-- ARGV: contact id, group, prefix of the queues' names, prefix of the names of groups of waiting leads
local id, group = ARGV[1], ARGV[2]
local traces = redis.call('HGET', KEYS[1], F.MEMORY_KEYS)
for _, name in ipairs(traces and cjson.decode(traces) or {}) do
  local memory = redis.call('GET', name)
  if memory and cjson.decode(memory).c == id then redis.call('DEL', name) end
end
local open_with = redis.call('HGET', KEYS[1], F.OPEN_WITH)
if open_with and open_with ~= '' then
  redis.call('HINCRBY', KEYS[15], open_with, -1)
  redis.call('HINCRBY', KEYS[15], 'version', 1)
end
redis.call('DEL', KEYS[1])
for number = 2, 3 do
  for _, entry in ipairs(redis.call('XRANGE', KEYS[number], '-', '+')) do
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'c' and entry[2][i + 1] == id then
        redis.pcall('XACK', KEYS[number], group, entry[1])
        redis.call('XDEL', KEYS[number], entry[1])
      end
    end
  end
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[4], '-', '+')) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'contact' and entry[2][i + 1] == id then redis.call('XDEL', KEYS[4], entry[1]) end
  end
end
redis.call('ZREM', KEYS[5], id)
redis.call('HDEL', KEYS[6], id)
for _, team in ipairs(redis.call('SMEMBERS', KEYS[7])) do redis.call('ZREM', ARGV[3] .. team, id) end
for _, name in ipairs(redis.call('ZRANGE', KEYS[17], 0, -1)) do redis.call('ZREM', ARGV[4] .. name, id) end
redis.call('ZREM', KEYS[9], id)
redis.call('HDEL', KEYS[10], id)
redis.call('ZREM', KEYS[11], id)
redis.call('ZREM', KEYS[12], id)
redis.call('ZREM', KEYS[13], id)
redis.call('ZREM', KEYS[14], id)
redis.call('ZREM', KEYS[16], id)
redis.call('ZREM', KEYS[18], id)
redis.call('ZREM', KEYS[19], id)
redis.call('ZREM', KEYS[20], id)
redis.call('SREM', KEYS[8], id)
