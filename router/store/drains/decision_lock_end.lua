-- End a turn, if it is still ours, and ring for whoever waits longest.
-- KEYS: turn, bell   ARGV: our name for this turn
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('LLEN', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], '1') end
return 1
