-- rapport apply v3: one chunk of a step, whole or not at all (I6), and only while all chunks before it are there: a failover between two chunks may have taken
-- the first away, and the position alone would not show it (I7).
--
-- KEYS[1]   meta of the shard (hash)
-- KEYS[2]   timers of the generation (sorted set: due in ms -> customer)
-- KEYS[3]   totals of the generation (sorted set: journal offset that wrote it -> reserved key)
-- KEYS[4..] states of the customers and totals, <prefix><customer or reserved key>; a reserved key begins with a zero byte
-- ARGV[1]   generation
-- ARGV[2]   the journal offset at which the generation must stand
-- ARGV[3]   the offset to which it moves, or '' when more chunks follow
-- ARGV[4]   the header to keep when it moves
-- ARGV[5]   length of <prefix> in bytes
-- ARGV[6]   one entry per state, in the order of KEYS: u32 length of the value, f64 due (NaN: none), the value; big-endian.
--           The value is the journal offset (u64) and the state; length 0 erases it. A total has no due
-- ARGV[7]   how many entries of the step are in the chunks before this one
--
-- Returns 1 when applied; 0 when the generation is neither current nor being built, stands elsewhere, or lacks a chunk before this one.
local meta, timers, totals = KEYS[1], KEYS[2], KEYS[3]
local generation, at, next_offset, header = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local skip, packed, from = tonumber(ARGV[5]) + 1, ARGV[6], tonumber(ARGV[7])

local known = redis.call('HMGET', meta, 'generation', 'next', 'applied', 'building', 'buildingNext', 'buildingApplied')
local next_field, header_field, applied_field, applied
if known[1] == generation then
  if known[2] ~= at then return 0 end
  next_field, header_field, applied_field, applied = 'next', 'header', 'applied', tonumber(known[3] or '0')
elseif known[4] == generation then
  if known[5] ~= at then return 0 end
  next_field, header_field, applied_field, applied = 'buildingNext', 'buildingHeader', 'buildingApplied', tonumber(known[6] or '0')
else
  return 0
end
if from > applied then return 0 end

-- Gathered first, because one command with many arguments costs half of many commands.
local values, gone, due, idle, written, past = {}, {}, {}, {}, {}, {}
local v, g, d, n, w, p = 0, 0, 0, 0, 0, 0
local position = 1
for i = 4, #KEYS do
  local key = KEYS[i]
  local customer = string.sub(key, skip)
  local length, instant, first = struct.unpack('>I4d', packed, position)
  position = first + length
  if length == 0 then
    g = g + 1
    gone[g] = key
  else
    values[v + 1] = key
    values[v + 2] = string.sub(packed, first, position - 1)
    v = v + 2
  end
  if string.byte(customer) == 0 then
    if length == 0 then
      p = p + 1
      past[p] = customer
    else
      local high, low = struct.unpack('>I4I4', packed, first)
      written[w + 1] = string.format('%.0f', high * 4294967296 + low)
      written[w + 2] = customer
      w = w + 2
    end
  elseif instant ~= instant then
    n = n + 1
    idle[n] = customer
  else
    due[d + 1] = string.format('%.0f', instant)
    due[d + 2] = customer
    d = d + 2
  end
end

-- In slices, because unpack takes some thousands at most.
local slice = 2000
for i = 1, v, slice do redis.call('MSET', unpack(values, i, math.min(i + slice - 1, v))) end
for i = 1, g, slice do redis.call('DEL', unpack(gone, i, math.min(i + slice - 1, g))) end
for i = 1, d, slice do redis.call('ZADD', timers, unpack(due, i, math.min(i + slice - 1, d))) end
for i = 1, n, slice do redis.call('ZREM', timers, unpack(idle, i, math.min(i + slice - 1, n))) end
for i = 1, w, slice do redis.call('ZADD', totals, unpack(written, i, math.min(i + slice - 1, w))) end
for i = 1, p, slice do redis.call('ZREM', totals, unpack(past, i, math.min(i + slice - 1, p))) end
if next_offset ~= '' then
  redis.call('HSET', meta, next_field, next_offset, header_field, header)
  if applied > 0 then redis.call('HDEL', meta, applied_field) end
elseif from + #KEYS - 3 > applied then
  redis.call('HSET', meta, applied_field, from + #KEYS - 3)
end
return 1
