-- Commit a claim or a release: a rep claims a waiting lead, or gives one back. The first wins; the others get the owner.
-- KEYS: lead hash, book, outbox, inbox, erasures, claims of the rep, key of each memory about the lead's company …
-- ARGV: JSON {id, episode, from = {state …}, now (epoch ms), fields, keep = {field …}, record, book = {field = delta …},
--             opens = {field = delta …}, joins = field of the book under which the lead counts as open,
--             memory, memory_s (of those keys), limits = {{field of the book, most} …}, claims_most, hour (in ms),
--             counts_as_claim, queues = prefix of the queues' names, days = prefix of the book's days}
-- Returns {'done'} · {'elsewhere', state, owner, episode} · {'erased'} · {'full', field, count}
--         · {'often', claims, when the next one may be made (epoch ms)}
local lead, book, outbox, inbox, erasures, claims = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local asked = cjson.decode(ARGV[1])

if redis.call('SISMEMBER', erasures, asked.id) == 1 then return { 'erased' } end
local known = redis.call('HMGET', lead, F.STATE, F.OWNER, F.EPISODE, F.QUEUE, F.OPEN_WITH, F.MEMORY_KEYS)
local allowed = false
for _, from in ipairs(asked.from) do if from == known[1] then allowed = true end end
if not allowed or tonumber(known[3] or '0') + 1 ~= asked.episode then
  return { 'elsewhere', known[1] or '', known[2] or '', known[3] or '0' }
end

for _, limit in ipairs(asked.limits) do
  local count = tonumber(redis.call('HGET', hash_of(book, asked.days, limit[1]), limit[1]) or '0')
  if count >= limit[2] then return { 'full', limit[1], tostring(count) } end
end
if asked.counts_as_claim then
  redis.call('ZREMRANGEBYSCORE', claims, '-inf', asked.now - asked.hour)
  local made = redis.call('ZCARD', claims)
  if asked.claims_most and made >= asked.claims_most then
    local first = redis.call('ZRANGE', claims, 0, 0, 'WITHSCORES')
    return { 'often', tostring(made), string.format('%.0f', tonumber(first[2]) + asked.hour) }
  end
end

local kept = {}
for _, name in ipairs(asked.keep) do
  local value = redis.call('HGET', lead, name)
  if value then kept[#kept + 1] = name; kept[#kept + 1] = value end
end
-- The worker that takes this entry reads the contact and then writes the decision to HubSpot.
local entry = redis.call('XADD', inbox, '*', 'c', asked.id, 't', string.format('%.0f', asked.now))
if asked.counts_as_claim then
  -- Named after the inbox entry, so that an erased contact leaves no trace here.
  redis.call('ZADD', claims, asked.now, entry)
  redis.call('PEXPIRE', claims, asked.hour)
end
if known[6] then
  -- The company's next lead must not follow the rep who gave this one back.
  for _, name in ipairs(cjson.decode(known[6])) do
    local memory = redis.call('GET', name)
    if memory and cjson.decode(memory).c == asked.id then redis.call('DEL', name) end
  end
end
for place = 7, #KEYS do redis.call('SET', KEYS[place], asked.memory, 'EX', asked.memory_s) end
redis.call('DEL', lead)
redis.call('HSET', lead, F.EPISODE, asked.episode, F.STATE, 'decided', F.AT, string.format('%.0f', asked.now), F.ENTRY_ID, entry,
  unpack(kept))
redis.call('HSET', lead, unpack(asked.fields))
if known[4] and known[4] ~= '' then redis.call('ZREM', asked.queues .. known[4], asked.id) end
redis.call('XADD', outbox, '*', 'kind', 'decision', 'contact', asked.id, 'record', asked.record)
if known[5] then
  if known[5] ~= '' then redis.call('HINCRBY', book, known[5], -1) end
  asked.opens = {}
  if asked.joins ~= '' then asked.opens[asked.joins] = 1 end
end
for field, delta in pairs(asked.opens) do redis.call('HINCRBY', book, field, delta) end
redis.call('HSET', lead, F.OPEN_WITH, asked.joins)
for field, delta in pairs(asked.book) do add_to_book(book, asked.days, field, delta) end
redis.call('HINCRBY', book, 'version', 1)
return { 'done' }
