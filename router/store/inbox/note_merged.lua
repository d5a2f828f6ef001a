-- Note leads of ours whose contact was merged into another one. Returns how many were noted.
-- KEYS: merged, erasures, lead hash of each contact …   ARGV: now (epoch ms), contact ids …
local noted = 0
for at = 2, #ARGV do
  if redis.call('EXISTS', KEYS[at + 1]) == 1 and redis.call('SISMEMBER', KEYS[2], ARGV[at]) == 0 then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[at])
    noted = noted + 1
  end
end
return noted
