import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDecoder, type WriterSchemas } from '../../src/codec/decoder.ts';
import { localCodec } from '../../src/codec/local.ts';
import { AT_ONCE } from '../../src/codec/readers.ts';
import { avroType } from '../../src/codec/schemas.ts';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import { encodeWire } from '../../src/codec/wire.ts';
import { hash } from '../../src/domain/ids.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import { type Decoded, type Passed, UNREADABLE_HEADER } from '../../src/engine/ports.ts';
import { formatLine } from '../../src/sources/ndjson.ts';
import { AT, CONFIG, EXAMPLES, logRecord, purchaseRecord, supportRecord, surveyRecord } from './support.ts';

const withoutOrder = JSON.parse(SCHEMA_TEXTS['in/purchase']);
withoutOrder.fields = withoutOrder.fields.filter((field: { name: string }) => field.name !== 'orderId');
const withGift = JSON.parse(SCHEMA_TEXTS['in/purchase'].replace('"CANCELLATION"]', '"CANCELLATION","GIFT"]'));

const codec = localCodec(
  CONFIG,
  new Map([
    [70, avsc.Type.forSchema(withoutOrder)],
    [71, avsc.Type.forSchema(withGift)],
    [72, avsc.Type.forSchema('string')],
  ]),
);

async function decode(topic: string, value: Buffer | null): Promise<Decoded | Passed> {
  const record = logRecord(value);
  await codec.decoder.prepare(topic, [record]);
  return codec.decoder.decode(topic, record);
}

const dead = (reason: string, detail: string | RegExp): object => ({ outcome: 'dead', reason, detail: expect.stringMatching(detail) });
const purchase = (over: object = {}): Buffer => codec.encodeEvent({ type: 'purchase', record: purchaseRecord(over) });
const json = (object: object): Buffer => Buffer.from(JSON.stringify(object));

test.each(EXAMPLES)('an event of type $type is the same from Avro and from JSON', async (example) => {
  const fromAvro = await decode(example.type, codec.encodeEvent(example));
  expect(fromAvro).toMatchObject({ outcome: 'event', event: { type: example.type, customer: 'anna', at: AT } });
  expect(await decode(`${example.type}-json`, Buffer.from(formatLine(example)))).toEqual(fromAvro);
});

test('I11 a batch that could not be unpacked is one dead letter that names its offsets', () => {
  const record = { ...logRecord(null), headers: [{ key: UNREADABLE_HEADER, value: Buffer.from('3 9 it unpacks to too much') }] };
  expect(codec.decoder.decode('purchase', record)).toEqual(dead('unreadable-batch', '3 9 it unpacks to too much'));
});

describe('I11 broken Avro is a dead letter with its reason', () => {
  test.each<[string, Buffer | null, string, string | RegExp]>([
    ['no value', null, 'invalid-record', 'no value'],
    ['nothing', Buffer.alloc(0), 'not-avro', 'wire format'],
    ['text', Buffer.from('hello'), 'not-avro', 'wire format'],
    ['JSON', json(purchaseRecord()), 'not-avro', 'wire format'],
    ['a schema id alone', Buffer.of(0, 0, 0, 0, 1), 'not-avro', 'schema 1'],
    ['an id that nobody has registered', Buffer.of(0, 0, 0, 9, 9, 1, 2), 'unknown-schema', 'schema 2313 is not registered'],
    [
      'a schema without a field that must be there',
      Buffer.of(0, 0, 0, 0, 70, 1),
      'unknown-schema',
      'schema 70 cannot be read as a purchase',
    ],
    ['a schema that is no record', Buffer.of(0, 0, 0, 0, 72, 1), 'unknown-schema', 'not a record'],
    ['an event of another type', codec.encodeEvent({ type: 'survey', record: surveyRecord() }), 'unknown-schema', 'schema 3'],
    ['cut short', purchase().subarray(0, 20), 'not-avro', 'schema 1'],
    ['bytes too many', Buffer.concat([purchase(), Buffer.of(0)]), 'not-avro', 'schema 1'],
    ['a megabyte', Buffer.alloc(1_000_000), 'too-large', '524288'],
    ['a negative amount', purchase({ amountMinor: -1 }), 'invalid-record', 'amountMinor is negative'],
    ['an amount beyond all bounds', purchase({ amountMinor: 1e12 + 1 }), 'invalid-record', 'amountMinor is larger'],
    ['a currency that is none', purchase({ currency: 'XYZ' }), 'unknown-currency', 'ISO 4217'],
    ['a currency in small letters', purchase({ currency: 'usd' }), 'unknown-currency', 'ISO 4217'],
    ['a currency that is a word of the language', purchase({ currency: '__proto__' }), 'unknown-currency', 'ISO 4217'],
    ['a currency without a rate', purchase({ currency: 'XDR' }), 'no-rate', 'XDR'],
    ['before 1970', purchase({ occurredAt: -1 }), 'invalid-time', 'occurredAt'],
    ['the year 10000', purchase({ occurredAt: 253_402_300_800_000 }), 'invalid-time', 'occurredAt'],
    ['an order from before 1970', purchase({ orderedAt: -1 }), 'invalid-time', 'orderedAt'],
    ['a newline in the customer id', purchase({ customerId: 'an\nna' }), 'invalid-customer-id', 'control characters'],
    ['an empty customer id', purchase({ customerId: '' }), 'invalid-customer-id', 'empty'],
    ['a customer id of 129 bytes', purchase({ customerId: `${'é'.repeat(64)}x` }), 'invalid-customer-id', '128'],
    ['an empty event id', purchase({ eventId: '' }), 'invalid-record', 'eventId is empty'],
    ['an event id of 129 bytes', purchase({ eventId: 'x'.repeat(129) }), 'invalid-record', 'eventId is longer'],
    ['an order id of 130 bytes', purchase({ orderId: 'é'.repeat(65) }), 'invalid-record', 'orderId is longer'],
    ['a negative number of items', purchase({ items: -1 }), 'invalid-record', 'items'],
    ['a kind that only the writer knows', Buffer.concat([Buffer.of(0, 0, 0, 0, 71), gift()]), 'invalid-record', 'kind is none of'],
  ])('%s', async (_, value, reason, detail) => {
    expect(await decode('purchase', value)).toEqual(dead(reason, detail));
  });

  test('bytes in an id that are not UTF-8: two broken ids must not become one customer', async () => {
    const value = purchase({ customerId: 'anna' });
    value[value.indexOf('anna')] = 0xff;
    expect(await decode('purchase', value)).toEqual(dead('invalid-customer-id', 'UTF-8'));
  });

  test.each([
    ['NPS of 11', { kind: 'NPS', score: 11 }],
    ['NPS of 7.5', { kind: 'NPS', score: 7.5 }],
    ['NPS below 0', { kind: 'NPS', score: -1 }],
    ['CSAT of 0', { kind: 'CSAT', score: 0 }],
    ['a review of 6', { kind: 'REVIEW', score: 6 }],
    ['CES of 7.01', { kind: 'CES', score: 7.01 }],
    ['a score of NaN', { kind: 'CES', score: Number.NaN }],
    ['an infinite score', { kind: 'CES', score: Number.POSITIVE_INFINITY }],
  ] as const)('%s is off its scale', async (_, over) => {
    const value = codec.encodeEvent({ type: 'survey', record: surveyRecord(over) });
    expect(await decode('survey', value)).toEqual(dead('invalid-record', /^score is not/));
  });

  test('a satisfaction of 6', async () => {
    const value = codec.encodeEvent({ type: 'support', record: supportRecord({ satisfaction: 6 }) });
    expect(await decode('support', value)).toEqual(dead('invalid-record', 'satisfaction is not between 1 and 5'));
  });
});

function gift(): Buffer {
  return avsc.Type.forSchema(withGift).toBuffer({ ...purchaseRecord(), kind: 'GIFT' });
}

test('what looks odd but is none of it is an event: a brace in the id, the last millisecond of 9999', async () => {
  const value = purchase({ customerId: '{a}:b', occurredAt: 253_402_300_799_999, eventId: '__proto__' });
  expect(await decode('purchase', value)).toMatchObject({ outcome: 'event', event: { customer: '{a}:b', id: hash('__proto__') } });
});

describe('I11 broken JSON is a dead letter with its reason', () => {
  const { orderId: _, ...noOrder } = purchaseRecord();
  test.each<[string, Buffer, string, string]>([
    ['nothing', Buffer.alloc(0), 'not-json', 'not JSON'],
    ['Avro', purchase(), 'not-json', ''],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not-json', 'UTF-8'],
    ['NaN', Buffer.from('{"amountMinor":NaN}'), 'not-json', 'not JSON'],
    ['an array', Buffer.from('[]'), 'not-json', 'not an object'],
    ['null', Buffer.from('null'), 'not-json', 'not an object'],
    ['arrays 10,000 deep', Buffer.from('['.repeat(10_000) + ']'.repeat(10_000)), 'not-json', 'deeper'],
    ['objects 10,000 deep, never closed', Buffer.from('{"a":'.repeat(10_000)), 'not-json', 'deeper'],
    [
      'depth in a field that we do not know',
      json({ ...purchaseRecord(), more: JSON.parse('['.repeat(100) + ']'.repeat(100)) }),
      'not-json',
      'deeper',
    ],
    ['a megabyte', json({ ...purchaseRecord(), more: 'x'.repeat(1_000_000) }), 'too-large', '524288'],
    ['fields in __proto__', Buffer.from(`{"__proto__":${JSON.stringify(purchaseRecord())}}`), 'invalid-record', 'eventId is missing'],
    ['a missing field', json(noOrder), 'invalid-record', 'orderId is missing'],
    ['a field of another type', json({ ...purchaseRecord(), amountMinor: '12' }), 'invalid-record', 'amountMinor is not an integer'],
    ['a fraction of a cent', json({ ...purchaseRecord(), amountMinor: 0.5 }), 'invalid-record', 'amountMinor is not an integer'],
    ['a number beyond 2^53', json({ ...purchaseRecord(), amountMinor: 2 ** 53 }), 'invalid-record', 'amountMinor is not an integer'],
    ['an infinite number', Buffer.from(JSON.stringify(purchaseRecord()).replace('4999', '1e999')), 'invalid-record', 'amountMinor'],
    ['too many items', json({ ...purchaseRecord(), items: 2 ** 31 }), 'invalid-record', 'items is not a 32-bit integer'],
    ['null where something must be', json({ ...purchaseRecord(), currency: null }), 'invalid-record', 'currency is not a string'],
    ['another type than the source’s', json({ type: 'survey', ...surveyRecord() }), 'invalid-record', 'type is not purchase'],
    ['a type that is none', json({ type: 'constructor' }), 'invalid-record', 'type is none of'],
    ['a time that is none', json({ ...purchaseRecord(), occurredAt: 'yesterday' }), 'invalid-time', 'occurredAt is not a time'],
    ['a time without a zone', json({ ...purchaseRecord(), occurredAt: '2026-03-01T12:00:00' }), 'invalid-time', 'occurredAt'],
    ['a kind that is none', json({ ...purchaseRecord(), kind: 'toString' }), 'invalid-record', 'kind is none of'],
    ['an id with half a character', json({ ...purchaseRecord(), customerId: 'a\ud800' }), 'invalid-customer-id', 'well-formed'],
    [
      'an object that pretends to be a dead letter',
      json({ outcome: 'dead', reason: 'x', detail: 'y' }),
      'invalid-record',
      'eventId is missing',
    ],
  ])('%s', async (_, value, reason, detail) => {
    expect(await decode('purchase-json', value)).toEqual(dead(reason, detail));
  });
});

test('I11 whatever the bytes are, decoding gives an event or a dead letter and never throws', async () => {
  const example = purchase();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.uint8Array({ maxLength: 100 }).map((tail) => Buffer.concat([Buffer.of(0, 0, 0, 0, 1), tail])),
    fc.tuple(fc.nat({ max: example.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
      const changed = Buffer.from(example);
      changed[at] = byte;
      return changed;
    }),
    fc.json().map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom('purchase', 'purchase-json'), async (value, topic) => {
      expect((await decode(topic, Buffer.from(value))).outcome).toMatch(/^(event|dead)$/);
    }),
    { numRuns: 1_000 },
  );
});

test('a dead letter’s detail never quotes what the record says', async () => {
  const secret = 'secret-4711';
  for (const field of Object.keys(purchaseRecord())) {
    const decoded = await decode('purchase-json', json({ ...purchaseRecord(), [field]: `\n${secret}${'x'.repeat(200)}` }));
    expect(decoded.outcome).toBe('dead');
    expect(JSON.stringify(decoded)).not.toContain(secret);
  }
});

describe('writer schemas', () => {
  function counting(answer: (id: number) => ReturnType<WriterSchemas['find']>): WriterSchemas & { readonly asked: number[] } {
    const asked: number[] = [];
    return {
      asked,
      find(id) {
        asked.push(id);
        return answer(id);
      },
    };
  }
  const record = (id: number) => logRecord(encodeWire(id, avroType('in/purchase'), purchaseRecord()));

  test('each is asked for once, however many records name it', async () => {
    const schemas = counting(async () => avroType('in/purchase'));
    const decoder = createDecoder(CONFIG, schemas);
    await decoder.prepare('purchase', [record(5), record(5), record(6)]);
    await decoder.prepare('purchase', [record(6), record(5)]);
    expect(schemas.asked.toSorted()).toEqual([5, 6]);
    expect(decoder.decode('purchase', record(6)).outcome).toBe('event');
  });

  test('one that is unknown is a dead letter at once, and asked for again a while later', async () => {
    let now = 0;
    let registered = false;
    const schemas = counting(async (id) => (registered ? avroType('in/purchase') : `schema ${id} is not registered`));
    const decoder = createDecoder(CONFIG, schemas, { ...AT_ONCE, now: () => now });
    await decoder.prepare('purchase', [record(5)]);
    await decoder.prepare('purchase', [record(5)]);
    expect(decoder.decode('purchase', record(5))).toEqual(dead('unknown-schema', 'schema 5 is not registered'));
    expect(schemas.asked).toEqual([5]);
    registered = true;
    now = 60_000;
    await decoder.prepare('purchase', [record(5)]);
    expect(decoder.decode('purchase', record(5)).outcome).toBe('event');
  });

  describe('where some of the registry’s servers follow another', () => {
    const patienceMs = 2_000;
    let now = 0;
    let waited = 0;
    const known = new Set<number>();
    const schemas = { find: async (id: number) => (known.has(id) ? avroType('in/purchase') : `schema ${id} is not registered`) };
    /** @param meanwhile is done at each pause */
    const decoderOf = (meanwhile: () => void = () => {}) => {
      now = 0;
      waited = 0;
      known.clear();
      const sleep = async (ms: number) => {
        now += ms;
        waited += ms;
        meanwhile();
      };
      return createDecoder(CONFIG, schemas, { now: () => now, sleep, patienceMs });
    };

    test('a new id is waited for, and its records are read when it has become known', async () => {
      const decoder = decoderOf(() => void (now > patienceMs / 2 && known.add(5)));
      await decoder.prepare('purchase', [record(5)]);
      expect(waited).toBeGreaterThan(patienceMs / 2);
      expect(waited).toBeLessThan(patienceMs);
      expect(decoder.decode('purchase', record(5)).outcome).toBe('event');
    });

    test('one that stays unknown is a dead letter then', async () => {
      const decoder = decoderOf();
      await decoder.prepare('purchase', [record(5)]);
      expect(waited).toBe(patienceMs);
      expect(decoder.decode('purchase', record(5))).toEqual(dead('unknown-schema', 'schema 5 is not registered'));
    });

    test('a flood of them holds its topic up once in half a minute', async () => {
      const decoder = decoderOf();
      for (let id = 5; now < 90_000; id++, now += 100) await decoder.prepare('purchase', [record(id), record(id + 1_000_000)]);
      expect(waited).toBe(3 * patienceMs);
    });
  });

  test('I11 while the registry is away preparing fails, and nothing becomes a dead letter', async () => {
    const schemas = counting(async () => {
      throw new Retryable('away');
    });
    const decoder = createDecoder(CONFIG, schemas);
    await expect(decoder.prepare('purchase', [record(5)])).rejects.toThrow(Retryable);
    expect(() => decoder.decode('purchase', record(5))).toThrow(Retryable);
  });

  test('a JSON source asks for none', async () => {
    const schemas = counting(async () => 'none');
    const decoder = createDecoder(CONFIG, schemas);
    await decoder.prepare('purchase-json', [record(5), logRecord(null)]);
    expect(schemas.asked).toEqual([]);
  });
});

test('a topic that is no source stops the process: its records cannot be understood', async () => {
  expect(() => codec.decoder.prepare('other', [])).toThrow(Halt);
  expect(() => codec.decoder.decode('other', logRecord(null))).toThrow(Halt);
});
