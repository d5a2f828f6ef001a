-- Remember when a task about a lead was made, and when it is due; a lead that is forgotten stays forgotten.
-- KEYS: lead hash   ARGV: moments (epoch ms, separated by commas)
if redis.call('HEXISTS', KEYS[1], F.STATE) == 0 then return 0 end
local before = redis.call('HGET', KEYS[1], F.TASKS)
redis.call('HSET', KEYS[1], F.TASKS, before and (before .. ',' .. ARGV[1]) or ARGV[1])
return 1
