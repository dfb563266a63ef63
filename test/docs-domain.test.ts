/** Holds what the documentation shows of one customer to the code: what `rapport inspect` prints, how a ticket is found, and what each field of a policy means. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { factsOf } from '../src/cli/inspect.ts';
import { type Found, pictureText } from '../src/cli/picture.ts';
import { getIn } from '../src/config/data.ts';
import { formatPolicy } from '../src/config/policy.ts';
import { POLICY_FIELDS } from '../src/config/policy-fields.ts';
import { explain } from '../src/domain/explain.ts';
import { hash, type Minor } from '../src/domain/ids.ts';
import { presets } from '../src/domain/presets.ts';
import { shorten } from '../src/domain/state.ts';
import { attributes, engagement, on, purchase, support, survey } from './domain/support/events.ts';
import { play } from './domain/support/play.ts';
import { TOLD } from './domain/support/stories.ts';
import { blocksOf, codes, doc, rowsOf, section } from './support/markdown.ts';

const { retail } = presets;
const folder = mkdtempSync(join(tmpdir(), 'rapport-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What inspect shows of a customer; where the state is kept is made up. */
function shown(events: Parameters<typeof play>[0], day: number): Found {
  const { state } = play(events, TOLD, on(day));
  const explanation = explain(state, TOLD);
  if (explanation === null) throw new Error('no event');
  const place = { shard: 3, generation: 1, journalOffset: 512, next: 514, watermark: 0 };
  return {
    ...explanation,
    currency: 'USD',
    horizonDays: TOLD.churn.horizonDays,
    facts: factsOf(state, explanation.asOf),
    ...place,
    policy: '5d1f3c0a9be27a46',
  };
}

describe('inspect', () => {
  const slipping = [
    purchase(on(0), 12_000),
    purchase(on(30), 9_000),
    attributes(on(31), [['plan', 'gold']]),
    purchase(on(62), 15_000, { discount: 500 as Minor }),
    support(on(70), null, 0, { status: 'OPENED', ticket: hash('T-1001') }),
    survey(on(78), 'NPS', 4),
  ];

  test('prints what the page of the groups shows', () => {
    expect(`${pictureText(shown(slipping, 180))}\n`).toBe(blocksOf('text', 'customer ')[0]?.text);
  });

  test('a prospect is shown without what only customers have', () => {
    const text = pictureText(shown([engagement(on(0), 'VISIT')], 10));
    expect(text).toMatch(/^churn risk +none before a purchase$/m);
    expect(text).toMatch(/^relationship +TRANSACTIONAL, served by AUTOMATED$/m);
    expect(text).not.toMatch(/^(open|if silent|attributes)/m);
  });

  test('a customer who is LOST is shown as that', () => {
    expect(pictureText(shown(slipping, 500))).toMatch(/^churn risk +LOST, (HIGH|CRITICAL); P\(buy\) within 90 days \d\.\d %$/m);
  });

  test('thresholds ahead are in order, and those that are passed are not shown', () => {
    const ahead = (day: number) =>
      shown([purchase(on(0), 100), purchase(on(20), 100)], day).churn.ahead.thresholds.map(({ level }) => level);
    expect(ahead(21)).toEqual(['MEDIUM', 'HIGH', 'CRITICAL']);
    expect(ahead(2_000)).toEqual([]);
  });
});

test('a ticket is found by the subject of its alert as the page says', async () => {
  const [block] = blocksOf('js', 'function subjectOf');
  const file = join(folder, 'subject.mjs');
  writeFileSync(file, `export ${block?.text}`);
  const { subjectOf }: { subjectOf: (id: string) => string } = await import(file);
  for (const id of ['T-1001', 'x', 'Ünïcode-7', 'a'.repeat(128)]) expect(subjectOf(id)).toBe(String(shorten(hash(id))));
  expect(codes(doc('docs/groups.md'))).toContain(subjectOf('T-1001'));
});

test('every field of a policy is told with its default and the words of the JSON Schema', () => {
  const file: unknown = parse(formatPolicy(retail));
  const rows = rowsOf(section(doc('docs/configuration.md'), /^### Every field/m)).map((row) => [
    codes(row.get('field') ?? '')[0],
    row.get('retail') ?? '',
    row.get('what it says') ?? '',
  ]);
  const expected = Object.entries(POLICY_FIELDS).map(([field, words]) => {
    const value = getIn(file, field.split('.'));
    const isPlain = typeof value !== 'object' || value === null;
    return [field, isPlain ? `\`${value}\`` : '', words];
  });
  expect(rows).toEqual(expected);
});
