-- rapport promote v1: makes the generation being built the current one, in one step for all readers (I7).
--
-- KEYS[1] meta of the shard (hash)
-- ARGV[1] generation
--
-- Returns 1 when it is current now (also when it was already: a repeated call); 0 when it is not the one being built.
local meta = KEYS[1]
local generation = ARGV[1]

local known = redis.call('HMGET', meta, 'generation', 'building', 'buildingNext', 'buildingHeader')
if known[1] == generation then return 1 end
if known[2] ~= generation then return 0 end
redis.call('HSET', meta, 'generation', generation, 'next', known[3], 'header', known[4])
redis.call('HDEL', meta, 'building', 'buildingNext', 'buildingHeader')
return 1
