-- Returns the fields of all leads in one answer. KEYS: lead hashes ARGV: fields
local remembered = {}
for index, key in ipairs(KEYS) do remembered[index] = redis.call('HMGET', key, unpack(ARGV)) end
return remembered
