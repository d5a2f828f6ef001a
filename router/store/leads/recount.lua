-- Count leads as open with another rep, or with nobody, as soon as they changed.
-- KEYS: book, moved, lead hash of each lead …
-- ARGV: JSON {now (epoch ms), lately = ms for which a change is remembered, moves_book,
--             leads = {{id, episode, field of the book, or "" for nobody} …}}
-- A lead that counts nowhere yet is only noted: the next search counts it.
local asked = cjson.decode(ARGV[1])
local recounted = 0
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', asked.now - asked.lately)
for index, lead in ipairs(asked.leads) do
  local key = KEYS[2 + index]
  local known = redis.call('HMGET', key, F.EPISODE, F.OPEN_WITH)
  if known[1] == tostring(lead[2]) and known[2] ~= lead[3] then
    redis.call('HSET', key, F.OPEN_WITH, lead[3])
    redis.call('ZADD', KEYS[2], string.format('%.0f', asked.now), lead[1])
    if known[2] and asked.moves_book then
      if known[2] ~= '' then redis.call('HINCRBY', KEYS[1], known[2], -1) end
      if lead[3] ~= '' then redis.call('HINCRBY', KEYS[1], lead[3], 1) end
      recounted = recounted + 1
    end
  end
end
if recounted > 0 then redis.call('HINCRBY', KEYS[1], 'version', 1) end
return recounted
