/** The reader of the evidence and those who delete it: nothing is deleted that it has not read. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hasRead, mark, sparing } from './marks.ts';
import { weave } from './weave.ts';

const folder = mkdtempSync(join(tmpdir(), 'rapport-marks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const of = { topic: 'reroute', partition: 1 };

test('what has been read may be deleted, up to the very record', async () => {
  mark(folder, of, 530);
  expect(await hasRead(folder, of, 530, 0)).toBe(true);
  expect(await hasRead(folder, of, 531, 0)).toBe(false);
});

test('a deletion waits for the reader', async () => {
  mark(folder, of, 516);
  const deletion = hasRead(folder, of, 530, 30);
  mark(folder, of, 530);
  expect(await deletion).toBe(true);
});

test('a deletion is passed over when the reader does not come', async () => {
  mark(folder, of, 516);
  expect(await hasRead(folder, of, 530, 0.1)).toBe(false);
});

test('a deletion fails where nobody reads', async () => {
  await expect(hasRead(folder, { ...of, partition: 2 }, 1, 0)).rejects.toThrow('ENOENT');
});

test('the engine deletes in the one place that is patched', () => {
  expect(() => weave({ patches: [sparing(folder)] })()).not.toThrow();
});
