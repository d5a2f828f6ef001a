-- Commit decisions: all of them or none, guarded by the book's version; the first decision per lead and episode wins.
-- KEYS: book, outbox, erasures, lead hash of each decision …, keys of each decision's memories …
-- ARGV: expected version, JSON {now (epoch ms), queues = prefix of the queues' names, days = prefix of the book's days,
--         settling = the list of leads that wait for their facts, book = {field = delta …},
--         leads = {{id, episode, fields, opens = {field = delta …},
--                   joins = field of the book under which the lead counts as open,
--                   forgets = whether the memories that the lead has left are dropped,
--                   memories = number of keys, memory, memory_s} …}},
--       record of each decision …
-- Returns {1, new version} · {0, current version} (another process committed: decide again)
--         · {2, indexes of leads that are decided already, or erased}
local book, outbox, erasures = KEYS[1], KEYS[2], KEYS[3]
local version = tonumber(redis.call('HGET', book, 'version') or '0')
if version ~= tonumber(ARGV[1]) then return { 0, version } end

local asked = cjson.decode(ARGV[2])
local lost = {}
for index, lead in ipairs(asked.leads) do
  local state = redis.call('HMGET', KEYS[3 + index], F.EPISODE, F.STATE)
  local latest = tonumber(state[1] or '-1')
  if latest >= lead.episode or redis.call('SISMEMBER', erasures, lead.id) == 1 then lost[#lost + 1] = index - 1 end
end
if #lost > 0 then return { 2, unpack(lost) } end

local remembered = 3 + #asked.leads
for index, lead in ipairs(asked.leads) do
  local key = KEYS[3 + index]
  local left = redis.call('HMGET', key, F.QUEUE, F.QUEUED_SINCE, F.RELEASED_BY, F.OPEN_WITH, F.TIMES_TAKEN, F.TASKS, F.SENDS, F.SENDING,
    F.DOUBT, F.MEMORY_KEYS)
  if left[1] and left[1] ~= '' then redis.call('ZREM', asked.queues .. left[1], lead.id) end
  if lead.forgets and left[10] then
    for _, name in ipairs(cjson.decode(left[10])) do
      local memory = redis.call('GET', name)
      if memory and cjson.decode(memory).c == lead.id then redis.call('DEL', name) end
    end
  end
  redis.call('DEL', key)
  redis.call('ZREM', asked.settling, lead.id)
  if left[2] then redis.call('HSET', key, F.QUEUED_SINCE, left[2]) end
  if left[3] then redis.call('HSET', key, F.RELEASED_BY, left[3]) end
  if left[5] then redis.call('HSET', key, F.TIMES_TAKEN, left[5]) end
  if left[6] then redis.call('HSET', key, F.TASKS, left[6]) end
  if left[7] then redis.call('HSET', key, F.SENDS, left[7]) end
  if left[8] then redis.call('HSET', key, F.SENDING, left[8]) end
  if left[9] then redis.call('HSET', key, F.DOUBT, left[9]) end
  if left[4] then
    -- The count to reduce is the one that the hash names, even if the decision assumed another.
    if left[4] ~= '' then redis.call('HINCRBY', book, left[4], -1) end
    lead.opens = {}
    if lead.joins ~= '' then lead.opens[lead.joins] = 1 end
  end
  for field, delta in pairs(lead.opens) do redis.call('HINCRBY', book, field, delta) end
  redis.call('HSET', key, F.OPEN_WITH, lead.joins)
  redis.call('HSET', key, F.EPISODE, lead.episode, F.STATE, 'decided', F.AT, asked.now, unpack(lead.fields))
  redis.call('XADD', outbox, '*', 'kind', 'decision', 'contact', lead.id, 'record', ARGV[2 + index])
  for _ = 1, lead.memories do
    remembered = remembered + 1
    redis.call('SET', KEYS[remembered], lead.memory, 'EX', lead.memory_s)
  end
end
for field, delta in pairs(asked.book) do add_to_book(book, asked.days, field, delta) end
return { 1, redis.call('HINCRBY', book, 'version', 1) }
