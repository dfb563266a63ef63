/** Record batches and their compression, by hand-made bytes: what a broker sends only in bad luck, or a stranger on purpose. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import snappy from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { Unreadable, unpack } from '../../../src/adapters/kafka/codecs.ts';
import { decodeFetched, recordsIn, recordsOf } from '../../../src/adapters/kafka/fetched.ts';
import { unpackLz4 } from '../../../src/adapters/kafka/lz4.ts';
import { type Records, UNREADABLE_HEADER } from '../../../src/engine/ports.ts';
import { made } from '../../../src/engine/records.ts';
import { batchOf, fetched } from './batch.ts';

const three = [0, 1, 2].map((delta) => ({ delta, value: `v${delta}` }));
const decode = (...batches: Buffer[]) => decodeFetched(fetched(...batches));
const read = async (...batches: Buffer[]) => made(recordsIn(await decode(...batches)));

describe('record batches', () => {
  it('come out with offsets, times, keys, values and headers in their order', async () => {
    const headers: [string, string | null][] = [
      ['b', '1'],
      ['a', null],
      ['b', '2'],
    ];
    const batches = [
      batchOf({ base: 10, records: [{ delta: 0, value: 'x', headers }] }),
      batchOf({ base: 11, records: [{ delta: 5, value: null }] }),
    ];
    const [one, two] = await read(...batches);
    expect(one).toEqual({
      offset: 10,
      timestamp: 1_000,
      key: null,
      value: Buffer.from('x'),
      headers: [
        { key: 'b', value: Buffer.from('1') },
        { key: 'a', value: Buffer.alloc(0) },
        { key: 'b', value: Buffer.from('2') },
      ],
    });
    expect(two).toMatchObject({ offset: 16, timestamp: 1_005, value: null });
    expect((await decode(...batches))[1]).toMatchObject({
      isControlRecord: false,
      batchContext: { producerId: '7', inTransaction: false },
    });
  });

  it('have the append time where the broker set it', async () => {
    const [one] = await read(batchOf({ base: 0, records: three, attributes: 0x08 }));
    expect(one?.timestamp).toBe(2_000);
  });

  it('tell control records and transactions apart', async () => {
    const [one] = await decode(batchOf({ base: 0, records: three, attributes: 0x30 }));
    expect(one).toMatchObject({ isControlRecord: true, batchContext: { inTransaction: true } });
  });

  it('survive any time and offset', async () => {
    await fc.assert(
      fc.asyncProperty(fc.maxSafeNat(), fc.integer(), async (base, firstTimestamp) => {
        const [one] = await read(batchOf({ base, firstTimestamp, records: [{ delta: 0, value: null }] }));
        expect(one).toMatchObject({ offset: base, timestamp: firstTimestamp });
      }),
    );
  });

  it('wait as bytes, and are the same in any stretch of them, from any offset', async () => {
    const batch = fc.record({ sizes: fc.array(fc.nat(3), { maxLength: 6 }), gap: fc.nat(3), zip: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), fc.nat(40), fc.nat(40), async (specs, one, other) => {
        let base = 3;
        const bytes: Buffer[] = [];
        const all: [number, string][] = [];
        for (const { sizes, gap, zip } of specs) {
          const records = sizes.map((size, delta) => ({ delta, value: `${base + delta}${'x'.repeat(size)}` }));
          for (const { delta, value } of records) all.push([base + delta, value]);
          bytes.push(batchOf({ base, records, lastDelta: records.length + gap, ...(zip && { pack: gzipSync, attributes: 1 }) }));
          base += records.length + gap + 1;
        }
        const messages = await decode(...bytes);
        const told = (records: Records) => made(records).map(({ offset, value }) => [offset, String(value)]);
        const records = recordsIn(messages);
        expect(told(records)).toEqual(all);
        const [from, to] = [Math.min(one, other, all.length), Math.min(Math.max(one, other), all.length)];
        expect(told(records.slice(from, to))).toEqual(all.slice(from, to));
        expect(told(records.slice(from, all.length).slice(0, to - from))).toEqual(all.slice(from, to));
        expect(records.at(all.length)).toBeUndefined();
        for (const index of [to, from, 0]) expect(records.at(index)?.offset).toBe(all[index]?.[0]);
        expect(told(recordsOf({ messages: messages as never }, one))).toEqual(all.filter(([offset]) => offset >= one));
      }),
    );
  });

  it('that are cut off at the end are left for the next fetch', async () => {
    const whole = batchOf({ base: 0, records: three });
    const cut = batchOf({ base: 3, records: three });
    for (const length of [1, 60, cut.length - 1]) expect(await read(whole, cut.subarray(0, length))).toHaveLength(3);
  });

  it('may hold more records than a call takes arguments', async () => {
    const records = Array.from({ length: 150_000 }, (_, delta) => ({ delta, value: null }));
    const found = await read(batchOf({ base: 0, records }));
    expect(found).toHaveLength(150_000);
    expect(found.at(-1)?.offset).toBe(149_999);
  });

  it('whose last records compaction has taken still carry the position to their end', async () => {
    const found = await decode(batchOf({ base: 5, records: three, lastDelta: 9 }), batchOf({ base: 20, records: [], lastDelta: 4 }));
    expect(found.map(({ offset, records: { length } }) => [offset, length])).toEqual([
      ['14', 3],
      ['24', 0],
    ]);
  });

  it('of before Kafka 0.11 end the client with a message that says what to do', async () => {
    await expect(decode(batchOf({ base: 0, records: three, magic: 1 }))).rejects.toThrow('copy the topic');
  });

  it('I11 that cannot be read come out as one record at their last offset that says why, and the next goes on', async () => {
    const corrupt = batchOf({ base: 4, records: three });
    corrupt.writeUInt8(0xff, 61);
    const bad = [
      corrupt,
      batchOf({ base: 4, records: three, attributes: 1 }), // says gzip, is not
      batchOf({ base: 4, records: three, attributes: 7 }),
      batchOf({ base: 4, records: three, count: 4 }),
      batchOf({ base: 4, records: three, count: 2_000_000_000 }),
      batchOf({ base: 4, records: three, count: -1 }),
    ];
    for (const batch of bad) {
      const found = await read(batchOf({ base: 1, records: three }), batch, batchOf({ base: 7, records: three }));
      expect(found.map(({ offset }) => offset)).toEqual([1, 2, 3, 6, 7, 8, 9]);
      const header = found[3]?.headers[0];
      expect(header?.key).toBe(UNREADABLE_HEADER);
      expect(header?.value.toString()).toMatch(/^4 6 ./);
      expect(found[3]?.value).toBeNull();
    }
  });

  it('any damage yields records or one unreadable batch, and ends', async () => {
    const sound = batchOf({ base: 4, records: three.map((one) => ({ ...one, headers: [['h', 'x']] as [string, string][] })) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 57, max: sound.length - 1 }), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
        const damaged = Buffer.from(sound);
        damaged.writeUInt8(byte, at);
        const [batch] = await decode(damaged);
        expect(batch?.offset).toBeDefined();
        expect(made(recordsIn(batch === undefined ? [] : [batch]))).toHaveLength(batch?.records.length ?? -1);
      }),
      { numRuns: 500 },
    );
  });

  it('a share ends once so much is unpacked: many small bombs do not add up', async () => {
    const bomb = { pack: (bytes: Buffer) => gzipSync(bytes), attributes: 1, records: [{ delta: 0, value: 'x'.repeat(9_000_000) }] };
    const batches = Array.from({ length: 6 }, (_, base) => batchOf({ ...bomb, base }));
    expect(await decode(...batches)).toHaveLength(2);
  });
});

describe('compression', () => {
  const plain = Buffer.from('purchase '.repeat(5_000));
  const xerial = (...blocks: Buffer[]): Buffer =>
    Buffer.concat([
      Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
      ...blocks.flatMap((block) => {
        const packed = snappy.compress(block);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(packed.length);
        return [length, packed];
      }),
    ]);
  const packed: [string, number, Buffer][] = [
    ['gzip', 1, gzipSync(plain)],
    ['snappy', 2, snappy.compress(plain)],
    ['snappy in blocks', 2, xerial(plain.subarray(0, 20_000), plain.subarray(20_000))],
    ['zstd', 4, zstdCompressSync(plain)],
  ];

  it.each(packed)('%s unpacks, and not beyond the bound', async (_name, codec, bytes) => {
    expect((await unpack(codec, bytes, plain.length)).equals(plain)).toBe(true);
    await expect(unpack(codec, bytes, plain.length - 1)).rejects.toBeInstanceOf(Unreadable);
    const cut = await unpack(codec, bytes.subarray(0, bytes.length - 9), plain.length).catch((error: unknown) => error);
    expect(Buffer.isBuffer(cut) && cut.equals(plain)).toBe(false);
  });

  it.each([1, 2, 3, 4, 5])('codec %i: garbage is unreadable, and nothing worse', async (codec) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (garbage) => {
        const done = await unpack(codec, Buffer.from(garbage), 1_000).catch((error: unknown) => error);
        expect(Buffer.isBuffer(done) || done instanceof Unreadable).toBe(true);
      }),
    );
  });

  it('snappy: any text comes back; what is cut off, or says another length, is corrupt; a length of four bytes with its highest bit does not go back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'bc', 'abcabcabc', 'x'.repeat(100)), { minLength: 1, maxLength: 80 }),
        fc.nat(),
        async (words, cut) => {
          const text = Buffer.from(words.join(''));
          const packed = Buffer.from(snappy.compress(text));
          expect((await unpack(2, packed)).equals(text)).toBe(true);
          await expect(unpack(2, packed.subarray(0, cut % packed.length))).rejects.toThrow('corrupt');
        },
      ),
    );
    await expect(unpack(2, Buffer.from([0x59, 0xfc, 0xe6, 0x57, 0x3e, 0xde, 0, 0, 0]))).rejects.toThrow('corrupt');
  });

  // Frames by hand: 4 bytes of magic, flags (version 1, independent blocks), block size, header checksum; blocks; an end mark.
  const frame = (flags: number, ...blocks: Buffer[]): Buffer =>
    Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0]), ...blocks, Buffer.alloc(4)]);
  const block = (bytes: number[], raw = false): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(raw ? 0x80000000 + bytes.length : bytes.length);
    return Buffer.concat([length, Buffer.from(bytes)]);
  };

  it('lz4: literals, an overlapping match of extended length, a raw block, and the bound', () => {
    // 2 literals "ab", then 4 + 15 + 1 bytes from 2 back; then 1 literal "c"
    const overlapping = block([0x2f, 0x61, 0x62, 2, 0, 1, 0x10, 0x63]);
    const expected = `${'ab'.repeat(11)}c`;
    expect(unpackLz4(frame(0x60, overlapping), 100).toString()).toBe(expected);
    expect(unpackLz4(frame(0x60, overlapping, block([0x21, 0x21], true)), 100).toString()).toBe(`${expected}!!`);
    expect(unpackLz4(frame(0x60, overlapping), expected.length).toString()).toBe(expected);
    expect(() => unpackLz4(frame(0x60, overlapping), expected.length - 1)).toThrow('more than');
  });

  it('lz4: what points before its start, or is cut off, is corrupt', () => {
    expect(() => unpackLz4(frame(0x60, block([0x10, 0x61, 9, 0, 0x10, 0x61])), 100)).toThrow('corrupt');
    expect(() => unpackLz4(frame(0x60, block([0xf0, 0xff])), 100)).toThrow('corrupt');
    expect(() => unpackLz4(frame(0x60).subarray(0, 9), 100)).toThrow('truncated');
    expect(() => unpackLz4(frame(0x20), 100)).toThrow('unknown version');
  });
});
