-- Release the decision lock if it is still ours, and wake the process that has waited longest.
-- KEYS: decision lock, its wake-up list   ARGV: name under which we took the lock
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('LLEN', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], '1') end
return 1
