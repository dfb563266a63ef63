/**
 * How values stand in Redis: what apply.v2.lua takes, and what comes back. Pure.
 */
import type { ApplyEntry, Stored } from '../../engine/ports.ts';

const OFFSET = 8;
const HEAD = 4 + 8;
const TWO_32 = 4_294_967_296;

/** All entries of a chunk as one argument, since each argument of its own costs the client twice as much as what is in it. Layout: apply.v2.lua. */
export function packEntries(entries: readonly ApplyEntry[]): Buffer {
  let size = 0;
  for (const { state } of entries) size += HEAD + (state === null ? 0 : OFFSET + state.length);
  const packed = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { offset, state, due } of entries) {
    at = packed.writeUInt32BE(state === null ? 0 : OFFSET + state.length, at);
    at = packed.writeDoubleBE(due ?? Number.NaN, at);
    if (state === null) continue;
    at = packed.writeUInt32BE(Math.floor(offset / TWO_32), at);
    at = packed.writeUInt32BE(offset % TWO_32, at);
    at += state.copy(packed, at);
  }
  return packed;
}

/** A customer's value. The state shares memory with the reply. */
export function unpackStored(value: Buffer): Stored {
  return { offset: value.readUInt32BE(0) * TWO_32 + value.readUInt32BE(4), state: value.subarray(OFFSET) };
}
