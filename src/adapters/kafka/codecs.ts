/**
 * How compressed batches are unpacked, each within a bound: a few kilobytes can otherwise unpack to gigabytes and stop the worker for ever (I11: what
 * cannot be unpacked becomes a dead letter, see fetched.ts). Reading only: the application writes uncompressed.
 */
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { unpackLz4 } from './lz4.ts';
import { unpackSnappy } from './snappy.ts';

/** Bytes that one batch may unpack to. Brokers take 1 MiB compressed by default, and honest batches shrink 3 to 20 times. */
export const UNPACKED_LIMIT = 32 * 1024 * 1024;

/** The batch cannot be read, now or ever. */
export class Unreadable extends Error {}

const inflate = promisify(gunzip);
const inflateZstd = promisify(zstdDecompress);

type Unpack = (packed: Buffer, limit: number) => Buffer | Promise<Buffer>;

/** By the number in a batch's attributes. */
const UNPACK: Readonly<Record<number, { readonly name: string; readonly unpack: Unpack }>> = {
  1: { name: 'gzip', unpack: (packed, limit) => inflate(packed, { maxOutputLength: limit }) },
  2: { name: 'snappy', unpack: unpackSnappy },
  3: { name: 'lz4', unpack: unpackLz4 },
  4: { name: 'zstd', unpack: (packed, limit) => inflateZstd(packed, { maxOutputLength: limit }) },
};

/** The records' bytes of a batch, none of `packed`: what waits would keep the whole answer of which that is a part. Throws Unreadable, and nothing else. */
export async function unpack(codec: number, packed: Buffer, limit = UNPACKED_LIMIT): Promise<Buffer> {
  if (codec === 0) return Buffer.from(packed);
  const known = UNPACK[codec];
  if (known === undefined) throw new Unreadable(`compressed by an unknown codec, number ${codec}`);
  try {
    return await known.unpack(packed, limit);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Unreadable(`compressed by ${known.name}, which cannot be unpacked: ${why}`, { cause });
  }
}
