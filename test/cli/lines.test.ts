import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, readLines } from '../../src/cli/lines.ts';
import { until } from '../../src/stack/until.ts';

// What is held is what is left when the garbage has gone.
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const size of sizes) {
    yield bytes.subarray(from, from + size);
    from += size;
  }
  yield bytes.subarray(from);
}

async function all(chunks: AsyncIterable<Buffer>, most = 1_000): Promise<Line[]> {
  const found: Line[] = [];
  for await (const lines of readLines(chunks, most)) found.push(...lines);
  return found;
}

test('lines keep their numbers over blank ones, with any ending, without a mark of byte order', async () => {
  const bytes = Buffer.from('\ufeffa\r\n\n  \nbé\nlast');
  expect(await all(chunked(bytes, []))).toEqual([
    { number: 1, text: 'a', fault: null },
    { number: 4, text: 'bé', fault: null },
    { number: 5, text: 'last', fault: null },
  ]);
});

test('what is no text or too long is a fault of its own line alone', async () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.of(0xff, 0xfe, 10), Buffer.from(`${'x'.repeat(11)}\n${'y'.repeat(10)}\n`)]);
  expect(await all(chunked(bytes, [3, 9]), 10)).toEqual([
    { number: 1, text: 'a', fault: null },
    { number: 2, text: null, fault: 'the line is not UTF-8' },
    { number: 3, text: null, fault: 'the line is longer than 10 bytes' },
    { number: 4, text: 'y'.repeat(10), fault: null },
  ]);
});

test('any cut into chunks gives the same lines', async () => {
  const text = fc.array(fc.constantFrom('a', 'é', '🙂', '\n', '\r', ' ', '\ufeff'), { maxLength: 40 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 20 }), async (given, sizes) => {
      const bytes = Buffer.from(given);
      expect(await all(chunked(bytes, sizes), 12)).toEqual(await all(chunked(bytes, []), 12));
    }),
  );
});

test('no more is read than was asked for, and a line without end is not held', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      given += 1;
      yield Buffer.alloc(64 << 10, 'x');
    }
  }
  const before = process.memoryUsage().arrayBuffers;
  const lines = readLines(endless(), 1_000);
  for (let taken = 1; taken <= 2_000; taken++) {
    expect((await lines.next()).value).toEqual([]);
    expect(given).toBe(taken);
  }
  // 125 MiB have passed.
  await until('what has passed to be let go', 10, async () => {
    collect();
    return process.memoryUsage().arrayBuffers - before < 8 << 20 ? true : undefined;
  });
  // It is there until here, with all that it holds.
  await lines.return(undefined);
});
