-- rapport totals v1: what stands under reserved keys and was written after a journal offset, with meta, as of one instant (I7).
--
-- KEYS[1] meta of the shard (hash)
-- ARGV[1] prefix of the shard's keys; the names of the current generation's are made here, since only meta says which it is. All lie in the slot of KEYS[1]
-- ARGV[2] the journal offset
-- ARGV[3] how many at most; of the last one's offset all are given
--
-- Returns generation, next, header, 1 when later ones are left (else 0), then key and value by turns, by offset and key.
-- The first three are false when there is no current generation.
local meta = KEYS[1]
local prefix, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])

local known = redis.call('HMGET', meta, 'generation', 'next', 'header')
local answer = { known[1], known[2], known[3], 0 }
if not known[1] then return answer end
local totals, states = prefix .. known[1] .. ':totals', prefix .. known[1] .. ':c:'

local found = redis.call('ZRANGEBYSCORE', totals, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
if #found == 2 * limit then
  local last = found[#found]
  found = redis.call('ZRANGEBYSCORE', totals, '(' .. after, last, 'WITHSCORES')
  if #redis.call('ZRANGEBYSCORE', totals, '(' .. last, '+inf', 'LIMIT', 0, 1) > 0 then answer[4] = 1 end
end
for i = 1, #found, 2 do
  answer[#answer + 1] = found[i]
  answer[#answer + 1] = redis.call('GET', states .. found[i])
end
return answer
