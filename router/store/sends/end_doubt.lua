-- End the doubt about a lead, unless something was sent for it meanwhile.
-- KEYS: lead hash
-- ARGV: the moment of the last send without answer, as it was read (epoch ms)
local known = redis.call('HMGET', KEYS[1], F.SENDING, F.DOUBT, F.STATE)
local unanswered = math.max(tonumber(known[1] or '0'), tonumber(known[2] or '0'))
if not known[3] or unanswered ~= tonumber(ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[1], F.SENDING, F.DOUBT)
if known[3] == 'done' or known[3] == 'queued' then redis.call('HDEL', KEYS[1], F.CHANGES) end
return 1
