-- rapport build v2: begins a generation, empty (I7). Numbers of generations are offsets of claims and never come again, so its keys are not there yet.
--
-- KEYS[1] meta of the shard (hash)
-- ARGV[1] generation
-- ARGV[2] the journal offset at which it begins
--
-- Returns 1 when begun; 0 when it is not greater than the current one and the one being built.
local meta = KEYS[1]
local generation, from = ARGV[1], ARGV[2]

local known = redis.call('HMGET', meta, 'generation', 'building')
local greatest = math.max(tonumber(known[1] or '-1'), tonumber(known[2] or '-1'))
if tonumber(generation) <= greatest then return 0 end
redis.call('HSET', meta, 'building', generation, 'buildingNext', from, 'buildingHeader', '')
redis.call('HDEL', meta, 'buildingApplied')
return 1
