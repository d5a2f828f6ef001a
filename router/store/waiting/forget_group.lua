-- Forget a group in which no lead waits any more; one that was joined meanwhile stays.
-- KEYS: groups, the group's leads   ARGV: the group's name
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
