-- Take a notice off the list, or leave it there for later; one that was forgotten meanwhile leaves no trace.
-- KEYS: due, waiting, sent, parked, outbox, counts
-- ARGV: id, contact, event for the ledger (JSON, or ''), why it is parked (JSON, or ''), counter to raise (or ''),
--       the notice to try again (JSON, or ''), when (epoch ms)
-- Returns 1, or 0 if there is no such notice (any more).
local id = ARGV[1]
if redis.call('HEXISTS', KEYS[2], id) == 0 then return 0 end
if ARGV[6] ~= '' then
  redis.call('ZREM', KEYS[3], id)
  redis.call('HSET', KEYS[2], id, ARGV[6])
  redis.call('ZADD', KEYS[1], ARGV[7], id)
else
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
if ARGV[3] ~= '' then redis.call('XADD', KEYS[5], '*', 'kind', 'event', 'contact', ARGV[2], 'record', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[4], id, ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HINCRBY', KEYS[6], ARGV[5], 1) end
return 1
