import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_TYPES, type EventType } from '../../../src/config/config.ts';
import { TARGETS, type Target } from '../../../src/config/mapping/targets.ts';
import { LAST_INSTANT } from '../../../src/domain/ids.ts';
import { termsOf, toEvent } from '../../../src/sources/index.ts';
import { recordOf } from '../../../src/sources/ndjson.ts';
import { mapping, POLICY, purchaseFields } from './support.ts';

const mostly = (usual: fc.Arbitrary<unknown>, rare: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: rare });

/** Values of a field's own type; not all of them are allowed. */
function ofTarget({ name, kind, symbols }: Target): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'text':
      if (name === 'currency') return mostly(fc.constantFrom('USD', 'EUR', 'JPY'), fc.constantFrom('KWD', 'XXA', ''));
      return mostly(fc.string({ minLength: 1, maxLength: 30 }), fc.string({ maxLength: 140, unit: 'binary' }));
    case 'enum':
      return mostly(fc.constantFrom(...symbols), fc.constant('NONE'));
    case 'whole':
      return mostly(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -1, max: 2_000_000 }));
    case 'amount':
      return mostly(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: -2, max: 2e12 }));
    case 'number':
      return mostly(
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: -1, max: 12, noNaN: true }).map((value) => value + 0),
      );
    case 'flag':
      return fc.boolean();
    case 'time':
      return mostly(
        fc.oneof(fc.integer({ min: 0, max: LAST_INSTANT }), fc.constantFrom('2026-03-01T10:15:00Z', '2026-03-01')),
        fc.constantFrom(-1, LAST_INSTANT + 1, 'never'),
      );
    case 'attributes':
      return fc.dictionary(fc.constantFrom('region', 'plan', 'x', '__proto__'), fc.option(fc.string(), { nil: null }));
  }
}

/** A record with rapport's names, of which some may be missing. */
function recordsOf(type: EventType): fc.Arbitrary<Record<string, unknown>> {
  const fields = [...TARGETS[type].values()].map((target) => [target.name, ofTarget(target)] as const);
  const needed = [...TARGETS[type].values()].filter(({ required }) => required).map(({ name }) => name);
  // Seldom without one that it needs.
  const whole = fc.record(Object.fromEntries(fields), { requiredKeys: needed });
  return fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: fc.record(Object.fromEntries(fields), { requiredKeys: [] }) });
}

const terms = termsOf(POLICY);

describe('I9', () => {
  test.each(EVENT_TYPES)('a mapping that renames every field of a %s gives what a source with our fields gives', (type) => {
    const names = [...TARGETS[type].keys()];
    const renamed = mapping({ fields: Object.fromEntries(names.map((name, i) => [name, `payload.parts[${i}]."their.${name}"`])) }, type);
    let events = 0;
    fc.assert(
      fc.property(recordsOf(type), (record) => {
        const direct = recordOf(record, type);
        const expected = direct.outcome === 'dead' ? direct : toEvent(direct.value, terms);
        const foreign = {
          payload: { parts: names.map((name) => (Object.hasOwn(record, name) ? { [`their.${name}`]: record[name] } : {})) },
        };
        const found = renamed.decode(foreign);
        if (expected.outcome === 'event') {
          events += 1;
          expect(found).toEqual(expected);
          // Of several faults another may be found first.
        } else expect(found.outcome).toBe('dead');
      }),
      { numRuns: 300 },
    );
    expect(events).toBeGreaterThan(60);
  });
});

const FIELDS = purchaseFields({
  amountMinor: { path: ['amount', 'lines[0].amount'], unit: 'major', round: true, absolute: true },
  currency: ['cur', '"a.b"'],
  kind: { path: 'kind', table: { a: 'REFUND' }, otherwise: 'PURCHASE' },
  items: { path: 'lines', count: 'amount' },
  occurredAt: { path: 'at', unit: 'nanoseconds' },
  orderedAt: { path: 'at', zone: 'Z' },
  recurring: 'flag',
  eventId: { join: ['id', 'kind'] },
});
const MAPPINGS = {
  own: mapping({ when: { path: 'kind', notIn: ['b'] }, fields: FIELDS }, 'purchase'),
  segment: mapping({ preset: 'segment' }),
  debezium: mapping({ preset: 'debezium', deletes: 'map', fields: FIELDS }, 'purchase'),
};

const SECRET = 's3cret-of-anna';
const NAMES = [
  'id',
  'customer',
  'at',
  'order',
  'amount',
  'cur',
  'a.b',
  'kind',
  'lines',
  'flag',
  'op',
  'before',
  'after',
  'schema',
  'payload',
  'source',
  'ts_ms',
].concat([
  'type',
  'event',
  'messageId',
  'userId',
  'timestamp',
  'properties',
  'traits',
  'context',
  'order_id',
  'revenue',
  'currency',
  'products',
  'quantity',
  '__proto__',
]);
const WORDS = [
  'a',
  'b',
  'c',
  'u',
  'd',
  'r',
  't',
  'track',
  'identify',
  'Order Completed',
  'Product Reviewed',
  'USD',
  'XXX',
  '2026-03-01T10:15:00Z',
  '12.34',
  '1e400',
  '',
  SECRET,
];
const { junk } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<unknown>(...WORDS, null, true, false, 0, -1, 1.5, 1e300, 2 ** 60, 1_750_000_000_000),
    fc.jsonValue({ maxDepth: 1 }),
  ),
  junk: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('junk'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('junk'), { maxKeys: 12 }),
  ),
}));

describe('I11', () => {
  test.each(Object.entries(MAPPINGS))(
    'whatever JSON comes, %s gives an event, passes it over, or gives a dead letter that quotes nothing',
    (_name, made) => {
      fc.assert(
        fc.property(junk, (value) => {
          const before = JSON.stringify(value);
          const found = made.decode(value);
          expect(found.outcome).toMatch(/^(event|passed|dead)$/);
          if (found.outcome === 'dead') expect(found.detail).not.toContain(SECRET);
          expect(made.decode(value)).toEqual(found);
          expect(JSON.stringify(value)).toBe(before);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  test('the junk is near enough to become events and to be passed over', () => {
    const seen = new Set(
      fc.sample(junk, { numRuns: 3_000, seed: 1 }).flatMap((value) => Object.values(MAPPINGS).map((made) => made.decode(value).outcome)),
    );
    expect(seen.has('passed') && seen.has('dead')).toBe(true);
  });
});
