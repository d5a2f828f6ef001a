-- Change fields of the book that belong to no lead, such as granted credit, and add the event to the outbox: in one step,
-- guarded by the book's version.
-- KEYS: book, outbox
-- ARGV: expected version, JSON {field = delta …}, event for the ledger (JSON)
-- Returns 1 (done) · 0 (another process committed: read the book again)
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if version ~= tonumber(ARGV[1]) then return 0 end
for field, delta in pairs(cjson.decode(ARGV[2])) do redis.call('HINCRBY', KEYS[1], field, delta) end
redis.call('XADD', KEYS[2], '*', 'kind', 'event', 'contact', '', 'record', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
