-- Move leads to their next state, acknowledge their entries and add their events to the outbox: all of it in one step.
-- KEYS: book, outbox, verify, parked, queues, counts, inbox, inbox:low, lead hash of each lead …
-- ARGV: group, days a finished lead is remembered,
--       JSON {now (epoch ms),
--             leads = {{id, episode, state, from = {state …}, entries = {{stream, id} …}, set = {field, value …},
--                       drop = {field …}, owner = the owner it must still have, verify_at, watch_at, revise_at, answered,
--                       refund, parked, paid = what to give back if the lead has it no longer (JSON),
--                       memory = "person" (if the share goes back, only the memory of the lead's mail address stays) or
--                       "forget" (all go, in any case), queue = {key, team, rank}, announce = first|last, event, count} …},
--       queues = prefix of the queues' names, days = prefix of the book's days, tended = the list of queued leads to look at,
--       low_ids = entry id of each contact in inbox:low, erasures = contacts to erase,
--       settling = the list of leads that wait for their facts, revise = those whose facts may have changed since,
--       watched, overdue = the lists of leads that a rep has to work on,
--       not_refunded = beginnings of the book's fields that a refund leaves alone,
--       units = units of credit by the first part of a field's name, returned = prefix of fields of returned credit,
--       doubt = time for which a write without answer can be applied, soon = time until a look at it (ms)}
-- Returns for each lead 1 (moved), or 0 (it was in none of the states it had to come from; entries are acknowledged).
local group, days, asked = ARGV[1], tonumber(ARGV[2]), cjson.decode(ARGV[3])
local streams = { KEYS[7], KEYS[8] }
local moved = {}
-- Totals that a team has given: a lead that comes back still counts as given.
local stays = {}
for _, kind in ipairs(asked.not_refunded) do stays[kind] = true end
local waits = { queued = true, reopened = true }

for index, lead in ipairs(asked.leads) do
  local key = KEYS[8 + index]
  local current = redis.call('HMGET', key, F.STATE, F.EPISODE, F.PAID, F.MEMORY_KEYS, F.QUEUE, F.OPEN_WITH, F.OWNER, F.SENDING,
    F.DOUBT)
  local state, episode = current[1] or '', tonumber(current[2] or '0')
  local allowed = false
  for _, from in ipairs(lead.from) do if from == state then allowed = true end end
  if episode ~= lead.episode then allowed = false end
  if lead.owner and lead.owner ~= (current[7] or '') then allowed = false end
  -- A contact that is being erased is not taken up again.
  if lead.announce and redis.call('SISMEMBER', asked.erasures, lead.id) == 1 then allowed = false end

  if allowed then
    redis.call('HSET', key, F.STATE, lead.state, F.EPISODE, lead.episode, F.AT, asked.now, unpack(lead.set))
    local paid = lead.paid or current[3]
    if lead.refund and paid then
      for field, delta in pairs(cjson.decode(paid)) do
        local kind = string.match(field, '^%a+:') or ''
        local counted_below = current[6] and kind == 'open:'
        if not stays[kind] and not counted_below then
          local back = string.format('%.0f', 0 - tonumber(delta))
          add_to_book(KEYS[1], asked.days, field, back)
          -- Credit that comes back is noted as returned, see refund_of in policy/shares/share_book.py.
          local unit, team = string.match(field, '^(%a+):([^:]*):')
          unit = asked.units[unit]
          if unit and tonumber(delta) < 0 then
            redis.call('HINCRBY', KEYS[1], asked.returned .. unit .. ':' .. team, back)
          end
        end
      end
      if current[6] and current[6] ~= '' then
        redis.call('HINCRBY', KEYS[1], current[6], -1)
        redis.call('HSET', key, F.OPEN_WITH, '')
      end
      redis.call('HINCRBY', KEYS[1], 'version', 1)
      redis.call('HDEL', key, F.PAID)
    end
    if (lead.refund or lead.memory == 'forget') and current[4] then
      local person = lead.memory == 'person' and redis.call('HGET', key, F.PERSON_KEY)
      -- The rep who was to get the company's next lead does not have this one any more.
      for _, name in ipairs(cjson.decode(current[4])) do
        local memory = name ~= person and redis.call('GET', name)
        if memory and cjson.decode(memory).c == lead.id then redis.call('DEL', name) end
      end
      redis.call('HDEL', key, F.MEMORY_KEYS, F.PERSON_KEY)
    end
    if #lead.drop > 0 then redis.call('HDEL', key, unpack(lead.drop)) end
    if lead.answered then redis.call('HDEL', key, F.SENDING) end
    if lead.watch_at then redis.call('ZADD', asked.watched, lead.watch_at, lead.id)
    elseif lead.state ~= 'done' and lead.state ~= 'written' then
      redis.call('ZREM', asked.watched, lead.id)
      redis.call('ZREM', asked.overdue, lead.id)
    end
    -- Whatever became of the lead: while a write of ours can still be applied late, its owner is verified.
    local unanswered = math.max(tonumber(not lead.answered and current[8] or '0'), tonumber(current[9] or '0'))
    if lead.verify_at then redis.call('ZADD', KEYS[3], lead.verify_at, lead.id)
    elseif asked.now < unanswered + asked.doubt then look_soon(KEYS[3], asked.now + asked.soon, lead.id) end
    if lead.parked then redis.call('HSET', KEYS[4], lead.id, lead.parked)
    elseif state == 'parked' then redis.call('HDEL', KEYS[4], lead.id) end
    if lead.queue then
      redis.call('ZADD', lead.queue[1], lead.queue[3], lead.id)
      redis.call('SADD', KEYS[5], lead.queue[2])
      redis.call('ZADD', asked.tended, asked.now, lead.id)
    elseif waits[state] and not waits[lead.state] then
      redis.call('ZREM', asked.queues .. (current[5] or ''), lead.id)
      redis.call('ZREM', asked.tended, lead.id)
      redis.call('HDEL', key, F.RECORD)
    end
    if state == 'waiting' then
      redis.call('ZREM', asked.settling, lead.id)
      redis.call('HDEL', key, F.SINCE, F.LAST_CHANGE, F.WAITS_FOR, F.WAITED_FOR)
    end
    if lead.announce == 'first' then
      redis.call('XADD', KEYS[7], '*', 'c', lead.id, 't', asked.now)
    elseif lead.announce then
      redis.call('HSET', asked.low_ids, lead.id, redis.call('XADD', KEYS[8], '*', 'c', lead.id, 't', asked.now))
    end
    if lead.announce then redis.call('ZREM', asked.tended, lead.id) end
    if lead.revise_at then look_soon(asked.revise, lead.revise_at, lead.id) end
    if lead.event then
      redis.call('XADD', KEYS[2], '*', 'kind', 'event', 'contact', lead.id, 'record', lead.event)
    end
    if lead.count then redis.call('HINCRBY', KEYS[6], lead.count, 1) end
    if days > 0 and not lead.keep then redis.call('EXPIRE', key, days * 86400) else redis.call('PERSIST', key) end
  end
  for _, one in ipairs(lead.entries) do
    redis.call('XACK', streams[one[1]], group, one[2])
    redis.call('XDEL', streams[one[1]], one[2])
    if one[1] == 2 and redis.call('HGET', asked.low_ids, lead.id) == one[2] then
      redis.call('HDEL', asked.low_ids, lead.id)
    end
  end
  moved[index] = allowed and 1 or 0
end
return moved
