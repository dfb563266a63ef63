/**
 * Kafka's default partitioner for keyed records: murmur2 of the key's bytes (org.apache.kafka.common.utils.Utils.murmur2, after Austin
 * Appleby's public domain original), made positive, modulo N. It says which shard a customer lives in, so it must agree with every
 * producer's. Pure.
 */
import type { CustomerId } from '../domain/ids.ts';

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The 32-bit hash as a signed integer, as in Java. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let h = SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = length - whole;
  if (rest === 3) h ^= at(bytes, whole + 2) << 16;
  if (rest >= 2) h ^= at(bytes, whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ at(bytes, whole), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

const encoder = new TextEncoder();
/** A customer id has at most 128 bytes, reserved keys a little more. */
const scratch = new Uint8Array(1024);

/** The shard of a customer: `toPositive(murmur2(utf8(customer))) mod shards`. */
export function shardOf(customer: CustomerId, shards: number): number {
  const { read, written } = encoder.encodeInto(customer, scratch);
  const hash = read === customer.length ? murmur2(scratch, written) : murmur2(encoder.encode(customer));
  return (hash & 0x7fffffff) % shards;
}
