/** The JSON Schema of a policy file: the one that is checked in is the one that the code makes, and it takes what rapport takes. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { formatPolicy } from '../../src/config/policy.ts';
import { POLICY_FIELDS } from '../../src/config/policy-fields.ts';
import { policyJsonSchema } from '../../src/config/policy-json-schema.ts';
import { PRESETS } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { blocksOf, ROOT } from '../support/markdown.ts';

const file = z.fromJSONSchema(policyJsonSchema());
const takes = (policy: unknown): boolean => file.safeParse(policy).success;

test('schemas/policy.schema.json is what the code makes (`vitest run -u` writes it)', async () => {
  await expect(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(join(ROOT, 'schemas/policy.schema.json'));
});

describe('a file', () => {
  test.each(PRESETS)('with all of %s, money in major units, is taken', (name) => {
    const whole: unknown = parse(formatPolicy(presets[name]));
    expect(file.safeParse(whole).error).toBeUndefined();
  });

  test('of the documentation is taken', () => {
    const examples = blocksOf('yaml').filter(({ text }) => /^preset:/m.test(text));
    expect(examples.length).toBeGreaterThan(2);
    for (const { text } of examples) expect(file.safeParse(parse(text)).error, text).toBeUndefined();
  });

  test.each<[string, unknown, boolean]>([
    ['with nothing but a preset', {}, true],
    ['with one field deep down', { churn: { lost: { gaps: 4 } } }, true],
    ['with an amount as a text', { value: { high: '350.00' } }, true],
    ['with an amount of 0', { value: { high: 0 } }, false],
    ['with a share above 1', { value: { leave: 80 } }, false],
    ['with an unknown field', { vaule: {} }, false],
    ['with an unknown field deep down', { churn: { lost: { gap: 4 } } }, false],
    ['with a goal that has no metric', { goals: [{ name: 'x' }] }, false],
    ['with a way to serve that there is not', { channels: { web: 'FAX' } }, false],
  ])('%s', (_, more, taken) => {
    expect(takes({ preset: 'retail', ...(more as object) })).toBe(taken);
  });

  test('without a preset is not', () => {
    expect(takes({ value: { high: 350 } })).toBe(false);
  });
});

test('every field has words and the default of retail', () => {
  const leaves = (schema: Record<string, unknown>, path: string[]): string[] =>
    schema.properties === undefined
      ? [path.join('.')]
      : Object.entries(schema.properties as Record<string, Record<string, unknown>>).flatMap(([name, of]) => leaves(of, [...path, name]));
  expect(leaves(policyJsonSchema(), [])).toEqual(Object.keys(POLICY_FIELDS));
});
