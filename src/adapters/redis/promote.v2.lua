-- rapport promote v2: makes the generation being built the current one, in one step for all readers, if it is whole (I7): a failover between its last
-- chunk and this may have taken chunks away again.
--
-- KEYS[1] meta of the shard (hash)
-- ARGV[1] generation
-- ARGV[2] the journal offset at which it must stand
--
-- Returns 1 when it is current now (also when it was already: a repeated call); 0 when it is not the one being built, or stands elsewhere.
local meta = KEYS[1]
local generation, at = ARGV[1], ARGV[2]

local known = redis.call('HMGET', meta, 'generation', 'building', 'buildingNext', 'buildingHeader')
if known[1] == generation then return 1 end
if known[2] ~= generation or known[3] ~= at then return 0 end
redis.call('HSET', meta, 'generation', generation, 'next', known[3], 'header', known[4])
redis.call('HDEL', meta, 'building', 'buildingNext', 'buildingHeader', 'buildingApplied', 'applied')
return 1
