import fc from 'fast-check';
import { expect, test } from 'vitest';
import { avroType } from '../../src/codec/schemas.ts';
import { hash } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { type Terms, termsOf, toEvent } from '../../src/sources/index.ts';
import { formatLine, parseLine } from '../../src/sources/ndjson.ts';
import { AT, attributesRecord } from '../codec/support.ts';

const keeping = (attributes: Policy['attributes']): Terms => termsOf({ ...presets.retail, attributes });
const terms = keeping({ region: ['north', 'south'], ageBand: [], constructor: [] });

type Given = Readonly<Record<string, string | null>>;

function kept(attributes: Given, by = terms): readonly (readonly [string, string | null])[] {
  const decoded = toEvent({ type: 'attributes', record: attributesRecord({ attributes }) }, by);
  if (decoded.outcome !== 'event' || decoded.event.type !== 'attributes') throw new Error('no attributes');
  return decoded.event.attributes;
}

test('attributes: those that the policy names, by name in order', () => {
  const record = attributesRecord({ attributes: { region: 'north', shoeSize: '43', ageBand: null } });
  expect(toEvent({ type: 'attributes', record }, terms)).toEqual({
    outcome: 'event',
    event: {
      type: 'attributes',
      id: hash('e-5'),
      customer: 'anna',
      at: AT,
      attributes: [
        ['ageBand', null],
        ['region', 'north'],
      ],
    },
  });
});

test.each<[string, Given, readonly (readonly [string, string | null])[]]>([
  ['none', {}, []],
  ['none that is kept', { shoeSize: '43' }, []],
  ['a value that the policy does not tell apart', { region: 'moon' }, [['region', 'moon']]],
  ['null, which removes', { region: null }, [['region', null]]],
  ['an empty text, which removes as well', { region: '' }, [['region', null]]],
  ['one that has the name of something inherited', { constructor: 'x' }, [['constructor', 'x']]],
  ['64 bytes', { region: 'é'.repeat(32) }, [['region', 'é'.repeat(32)]]],
  ['65 bytes, cut before the character that does not fit', { region: `x${'é'.repeat(32)}` }, [['region', `x${'é'.repeat(31)}`]]],
  ['an emoji over the edge', { region: `${'x'.repeat(62)}😀` }, [['region', 'x'.repeat(62)]]],
  ['half a character', { region: 'a\ud800b' }, [['region', 'a\ufffdb']]],
])('%s', (_, given, expected) => {
  expect(kept(given)).toEqual(expected);
});

test('with a policy that names none, none is kept', () => {
  expect(kept({ region: 'north' }, termsOf(presets.retail))).toEqual([]);
});

test.each([
  ['no customer', { customerId: '' }, 'invalid-customer-id'],
  ['no event id', { eventId: '' }, 'invalid-record'],
  ['no time', { occurredAt: -1 }, 'invalid-time'],
])('%s is a dead letter', (_, over, reason) => {
  expect(toEvent({ type: 'attributes', record: attributesRecord(over) }, terms)).toMatchObject({ outcome: 'dead', reason });
});

test.each([
  ['a list', [], 'attributes is not an object'],
  ['a text', 'region=north', 'attributes is not an object'],
  ['null', null, 'attributes is not an object'],
  ['a number in it', { region: 7 }, 'a value of attributes is not a string'],
  ['an object in it', { region: {} }, 'a value of attributes is not a string'],
  ['nothing', undefined, 'attributes is missing'],
])('as JSON, %s is no map of attributes', (_, attributes, detail) => {
  const line = JSON.stringify({ type: 'attributes', eventId: 'e', customerId: 'anna', occurredAt: AT, attributes });
  expect(parseLine(line)).toMatchObject({ outcome: 'dead', reason: 'invalid-record', detail });
});

test('as JSON, __proto__ is a name like any other', () => {
  const line = `{"type":"attributes","eventId":"e","customerId":"anna","occurredAt":${AT},"attributes":{"__proto__":"x","region":"north"}}`;
  const parsed = parseLine(line);
  if (parsed.outcome !== 'record') throw new Error(parsed.detail);
  expect(toEvent(parsed.value, keeping({ region: [], toString: [] }))).toMatchObject({ event: { attributes: [['region', 'north']] } });
});

test('whatever is given: bounded, in order, as UTF-8 gives it back, and the same by Avro and JSON and in any order of names', () => {
  const names = fc.constantFrom('region', 'ageBand', 'constructor', 'shoeSize', 'a', 'ß');
  const values = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 80 })), { nil: null });
  const type = avroType('in/attributes');
  fc.assert(
    fc.property(fc.dictionary(names, values), (given) => {
      const found = kept(given);
      const sorted = found.map(([name]) => name);
      expect(sorted).toEqual(sorted.toSorted());
      expect(new Set(sorted).size).toBe(sorted.length);
      for (const [name, value] of found) {
        expect(Object.hasOwn(terms.policy.attributes, name)).toBe(true);
        if (value === null) continue;
        expect(Buffer.byteLength(value)).toBeGreaterThan(0);
        expect(Buffer.byteLength(value)).toBeLessThanOrEqual(64);
        expect(Buffer.from(value).toString()).toBe(value);
        expect(given[name]?.toWellFormed().startsWith(value)).toBe(true);
      }
      expect(kept(Object.fromEntries(Object.entries(given).reverse()))).toEqual(found);

      const record = attributesRecord({ attributes: given });
      const back = type.fromBuffer(type.toBuffer(record));
      expect(kept(back.attributes)).toEqual(found);
      const parsed = parseLine(formatLine({ type: 'attributes', record }));
      expect(parsed.outcome === 'record' ? toEvent(parsed.value, terms) : parsed).toMatchObject({ event: { attributes: found } });
    }),
  );
});
