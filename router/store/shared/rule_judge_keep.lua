-- Keep the turn to judge for some time more, or end it, if it is still ours.
-- KEYS: turn   ARGV: name under which we took it, milliseconds (0 ends it)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
