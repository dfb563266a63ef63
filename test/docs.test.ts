/**
 * Holds the documentation to the code: settings, policy and topics. What is named exists, what exists is named, examples work. Needs no server.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SCHEMA_TEXTS } from '../src/codec/types.ts';
import { getIn } from '../src/config/data.ts';
import { loadConfig } from '../src/config/load.ts';
import { parsePolicy, presetPolicy } from '../src/config/policy.ts';
import { MONEY_PATHS } from '../src/config/policy-schema.ts';
import { FILE_KEYS, SOURCE_KEYS, VARIABLES } from '../src/config/settings.ts';
import { GROUPS } from '../src/domain/decision.ts';
import { presets } from '../src/domain/presets.ts';
import { termsOf, toEvent } from '../src/sources/index.ts';
import { parseLine } from '../src/sources/ndjson.ts';
import { blocksOf, codes, doc, docs, rowsOf, section } from './support/markdown.ts';

const folder = mkdtempSync(join(tmpdir(), 'rapport-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('settings', () => {
  const text = doc('docs/configuration.md');

  test('every variable is documented, and no other is named anywhere', () => {
    const listed = rowsOf(text).flatMap((row) => codes(row.get('variable') ?? ''));
    expect(listed.toSorted()).toEqual([...VARIABLES].sort());
    for (const [name, page] of docs) {
      const unknown = [...page.matchAll(/\bRAPPORT_[A-Z_]*[A-Z]\b/g)].map(([found]) => found).filter((found) => !VARIABLES.has(found));
      expect(unknown, name).toEqual([]);
    }
  });

  test('every key of the file is documented, and no other', () => {
    const listed = rowsOf(text).flatMap((row) => codes(row.get('key in the file') ?? ''));
    expect([...listed, 'sources'].toSorted()).toEqual([...FILE_KEYS].sort());
    const ofSource = rowsOf(section(text, /^## Sources/m)).flatMap((row) => codes(row.get('key') ?? ''));
    expect(ofSource).toEqual([...SOURCE_KEYS]);
  });

  test('defaults are those of the code: given as they are documented they change nothing', async () => {
    const needed = {
      RAPPORT_KAFKA_BROKERS: 'localhost:9092',
      RAPPORT_REDIS_URL: 'redis://localhost:6379',
      RAPPORT_REGISTRY_URL: 'http://localhost:8081',
    };
    const documented = rowsOf(text).flatMap((row) => {
      const [variable] = codes(row.get('variable') ?? '');
      const [value] = codes(row.get('default') ?? '');
      return variable === undefined || value === undefined ? [] : [[variable, value] as const];
    });
    expect(documented.length).toBeGreaterThan(6);
    expect(await loadConfig({ ...needed, ...Object.fromEntries(documented) })).toEqual(await loadConfig(needed));
  });

  test('the configuration files of the examples load', async () => {
    const examples = blocksOf('yaml', '# rapport.yaml');
    expect(examples.length).toBeGreaterThan(1);
    const policy = blocksOf('yaml', '# policy.yaml')[0]?.text ?? '';
    for (const example of examples) {
      const file = join(folder, 'rapport.yaml');
      writeFileSync(join(folder, 'policy.yaml'), policy);
      // Files that an example names stand elsewhere: its secrets and certificates are left out here.
      writeFileSync(file, example.text.replace(/, passwordFile: [^ }]+/, ', password: x').replace(/^ *tls: .*\n/m, ''));
      const config = await loadConfig({}, file);
      expect(config.sources.length, example.doc).toBeGreaterThan(1);
    }
  });
});

describe('policy', () => {
  test('the examples are valid, and the whole one is the preset retail', () => {
    const [short, whole] = blocksOf('yaml', '# policy.yaml').map(({ text }) => parsePolicy(text, 'policy.yaml'));
    expect(short?.warnings).toEqual([]);
    expect(whole).toEqual(presetPolicy('retail'));
    const text = blocksOf('yaml', '# policy.yaml')[1]?.text ?? '';
    for (const key of keysOf(presets.retail)) expect(text).toMatch(new RegExp(`\\b${key}:`));
  });

  test('numbers in the description of the groups are those of the preset retail', () => {
    const rows = rowsOf(doc('docs/groups.md')).filter((row) => row.has('policy'));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      const key = codes(row.get('policy') ?? '')[0] ?? '';
      const said = (row.get('default') ?? row.get('weight') ?? '').replaceAll('`', '');
      const is = getIn(presets.retail, key.split('.'));
      const isMoney = MONEY_PATHS.some((path) => path.join('.') === key);
      expect(said, key).toBe(isMoney ? (Number(is) / 100).toFixed(2) : String(is));
    }
  });

  test('every group is described', () => {
    const described = rowsOf(doc('docs/groups.md')).flatMap((row) => codes(row.get('group') ?? ''));
    expect(described.toSorted()).toEqual([...GROUPS].sort());
  });
});

const keysOf = (value: object): string[] =>
  Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? [key, ...keysOf(inner)] : [key],
  );

describe('topics', () => {
  const text = doc('docs/topics.md');

  test('every topic is listed, and no other', async () => {
    const config = await loadConfig({ RAPPORT_KAFKA_BROKERS: 'a:1', RAPPORT_REDIS_URL: 'redis://a:1', RAPPORT_REGISTRY_URL: 'http://a:1' });
    const all = [...Object.values(config.topics), ...config.sources.map(({ topic }) => topic)];
    const listed = rowsOf(text).flatMap((row) => codes(row.get('topic') ?? ''));
    expect(listed.toSorted()).toEqual(all.sort());
  });

  test.each(Object.entries(SCHEMA_TEXTS).filter(([name]) => !name.startsWith('internal/')))(
    'every field of %s is described',
    (name, schema) => {
      const part = text.split(/^### /m).find((candidate) => candidate.includes(`(../schemas/${name}.avsc)`)) ?? '';
      const listed = rowsOf(part).flatMap((row) => codes(row.get('field') ?? ''));
      const { fields }: { fields: { name: string }[] } = JSON.parse(schema);
      expect(listed.toSorted()).toEqual(fields.map((field) => field.name).sort());
      for (const inner of namesWithin(fields)) expect(codes(part), inner).toContain(inner);
    },
  );

  test('examples of events are events', () => {
    const lines = blocksOf('ndjson').flatMap((block) => block.text.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const parsed = parseLine(line);
      expect(parsed.outcome === 'record' ? toEvent(parsed.value, termsOf(presets.retail)) : parsed).toMatchObject({ outcome: 'event' });
    }
  });
});

/** Names of fields and symbols anywhere within, but not the placeholder symbol of readers that are older than a writer. */
function namesWithin(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesWithin);
  if (typeof value !== 'object' || value === null) return [];
  const { name, fields, symbols, type, items } = value as Record<string, unknown>;
  const own = typeof name === 'string' && fields === undefined && symbols === undefined && items === undefined ? [name] : [];
  const said = Array.isArray(symbols) && name !== 'Group' ? symbols.filter((symbol) => String(symbol).toLowerCase() !== 'unknown') : [];
  return [...own, ...said, ...namesWithin(fields), ...namesWithin(type), ...namesWithin(items)];
}
