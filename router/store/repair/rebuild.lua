-- Remember leads again that Redis has lost: state, rank in a queue, and due checks. A lead that is known stays as it is.
-- KEYS: erasures, queues, tended, verify, inbox:low, inbox:low:ids, outbox, lead hash of each lead …
-- ARGV: days a finished lead is remembered,
--       JSON {now (epoch ms), watched = the list of leads that a rep has to work on,
--             leads = {{id, fields, queue = {key, team, rank}, verify_at, watch_at, announce, keep, event} …}}
-- Returns for each lead 1 (remembered) or 0 (it was known, or is being erased).
local days, asked = tonumber(ARGV[1]), cjson.decode(ARGV[2])
local rebuilt = {}
for index, lead in ipairs(asked.leads) do
  local key = KEYS[7 + index]
  local lost = redis.call('EXISTS', key) == 0 and redis.call('SISMEMBER', KEYS[1], lead.id) == 0
  if lost then
    redis.call('HSET', key, unpack(lead.fields))
    if not lead.keep then redis.call('EXPIRE', key, days * 86400) end
    if lead.queue then
      redis.call('ZADD', lead.queue[1], lead.queue[3], lead.id)
      redis.call('SADD', KEYS[2], lead.queue[2])
      redis.call('ZADD', KEYS[3], asked.now, lead.id)
    end
    if lead.verify_at then redis.call('ZADD', KEYS[4], lead.verify_at, lead.id) end
    if lead.watch_at then redis.call('ZADD', asked.watched, lead.watch_at, lead.id) end
    if lead.announce then
      redis.call('HSET', KEYS[6], lead.id, redis.call('XADD', KEYS[5], '*', 'c', lead.id, 't', asked.now))
    end
    if lead.event then redis.call('XADD', KEYS[7], '*', 'kind', 'event', 'contact', lead.id, 'record', lead.event) end
  end
  rebuilt[index] = lost and 1 or 0
end
return rebuilt
