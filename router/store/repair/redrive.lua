-- Send a parked lead again: as decided if a decision waits to be written, reopened if an earlier one was, else as new.
-- KEYS: lead hash, parked, inbox, outbox, erasures   ARGV: contact id, now (epoch ms), event for the ledger (JSON)
-- Returns 'written anew', 'decided anew', 'not parked', or 'being erased' (then nothing has changed).
local id, now, event = ARGV[1], ARGV[2], ARGV[3]
local state = redis.call('HMGET', KEYS[1], F.STATE, F.CHANGES, F.DECISION_ID)
if redis.call('HEXISTS', KEYS[2], id) == 0 and state[1] ~= 'parked' then return 'not parked' end
if redis.call('SISMEMBER', KEYS[5], id) == 1 then return 'being erased' end

local answer = 'written anew'
if state[1] == 'parked' and state[2] then
  redis.call('HSET', KEYS[1], F.STATE, 'decided')
  redis.call('HDEL', KEYS[1], F.ENTRY_ID) -- the entry on which it was decided is gone
elseif state[1] == 'parked' then
  -- What we sent for it before may still be applied late: it is not forgotten.
  if state[3] then redis.call('HSET', KEYS[1], F.STATE, 'reopened') else redis.call('DEL', KEYS[1]) end
  answer = 'decided anew'
end
redis.call('HDEL', KEYS[2], id)
redis.call('XADD', KEYS[3], '*', 'c', id, 't', now)
redis.call('XADD', KEYS[4], '*', 'kind', 'event', 'contact', id, 'record', event)
return answer
