-- rapport sweep v1: removes keys of one generation, if it is past (I7). Looks at the moment of removal: a failover may have brought an older meta back.
--
-- KEYS[1]   meta of the shard (hash)
-- KEYS[2..] keys of the generation
-- ARGV[1]   generation
--
-- Returns how many were removed: none unless a greater generation is current or being built and this one is neither.
local meta = KEYS[1]
local generation = ARGV[1]

local known = redis.call('HMGET', meta, 'generation', 'building')
if known[1] == generation or known[2] == generation then return 0 end
local greatest = math.max(tonumber(known[1] or '-1'), tonumber(known[2] or '-1'))
if tonumber(generation) > greatest then return 0 end
return redis.call('UNLINK', unpack(KEYS, 2))
