import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeOf } from '../../src/cli/trial.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { loadConfig, loadSources } from '../../src/config/load.ts';
import { parseMap } from '../../src/config/mapping/parse.ts';
import { MAP_PRESETS } from '../../src/config/mapping/presets.ts';
import { conditionShape, constantShape, fromShape, joinShape, mapShape } from '../../src/config/mapping/shapes.ts';
import { eventSources } from '../../src/config/topics.ts';
import { presets } from '../../src/domain/presets.ts';
import { blocksOf, codes, doc, rowsOf } from '../support/markdown.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-mapping-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(text: string): Promise<string> {
  const path = join(folder, 'rapport.yaml');
  await writeFile(path, text);
  return path;
}

/** The faults as `line:column message`. */
async function faults(text: string): Promise<string[]> {
  const path = await file(text);
  const error: unknown = await loadSources({}, path).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return [];
  if (!(error instanceof ConfigError)) throw error;
  return error.faults.map(({ where, message }) => `${where.replace(`${path}:`, '')} ${message}`);
}

const MAPPED = `
sources:
  - type: purchase
    topic: orders.v1
    format: json
    map:
      when: { path: type, in: [ORDER_PLACED, ORDER_PAID] }
      fields:
        eventId: id
        customerId: [customer.id, guest.id]
        occurredAt: { path: created_at, unit: seconds }
        orderId: order.number
        amountMinor: { path: total, unit: major }
        currency: { value: EUR }
        kind: { path: status, table: { REFUNDED: REFUND, CANCELLED: CANCELLATION }, otherwise: PURCHASE }
  - { topic: tracks, format: json, keyedByCustomer: true, map: { preset: segment } }
  - { type: survey, topic: surveys }
`;

describe('a mapping', () => {
  test('is read from the file, and frozen; a foreign topic is not taken to be keyed by customer', async () => {
    const { sources } = await loadSources({}, await file(MAPPED));
    expect(sources[0]).toEqual({
      type: 'purchase',
      topic: 'orders.v1',
      format: 'json',
      keyedByCustomer: false,
      map: {
        debezium: null,
        when: [{ path: 'type', in: ['ORDER_PLACED', 'ORDER_PAID'] }],
        events: [
          {
            type: 'purchase',
            when: [],
            fields: {
              eventId: { from: 'path', paths: ['id'] },
              customerId: { from: 'path', paths: ['customer.id', 'guest.id'] },
              occurredAt: { from: 'path', paths: ['created_at'], unit: 'seconds' },
              orderId: { from: 'path', paths: ['order.number'] },
              amountMinor: { from: 'path', paths: ['total'], unit: 'major' },
              currency: { from: 'value', value: 'EUR' },
              kind: { from: 'path', paths: ['status'], table: { REFUNDED: 'REFUND', CANCELLED: 'CANCELLATION' }, otherwise: 'PURCHASE' },
            },
          },
        ],
      },
    });
    expect(sources[1]).toMatchObject({ type: null, keyedByCustomer: true, map: { events: expect.any(Array) } });
    expect(sources[2]).toEqual({ type: 'survey', topic: 'surveys', format: 'avro', keyedByCustomer: true });
    expect(() => Object.assign(sources[0]?.map ?? {}, { when: [] })).toThrow(TypeError);
  });

  test('is the same in the whole configuration', async () => {
    const env = { RAPPORT_KAFKA_BROKERS: 'k:1', RAPPORT_REDIS_URL: 'redis://r', RAPPORT_REGISTRY_URL: 'http://s' };
    const path = await file(MAPPED);
    expect(eventSources((await loadConfig(env, path)).sources)).toEqual((await loadSources({}, path)).sources);
  });

  test('to try one, no server need be named, but a misspelt setting is a fault all the same', async () => {
    await expect(loadSources({ RAPPORT_SHARTS: '3' }, await file(MAPPED))).rejects.toThrow('RAPPORT_SHARTS: is not a variable');
  });

  test.each(Object.keys(MAP_PRESETS))('the preset %s has no fault', (preset) => {
    const fields = { eventId: 'a', customerId: 'b', orderId: 'c', amountMinor: 'd', currency: 'e' };
    const map = parseMap(preset === 'debezium' ? { preset, fields } : { preset }, preset === 'debezium' ? 'purchase' : undefined, []);
    expect(map).toHaveProperty('events');
  });
});

test('all faults are said at once, each with its place and the cure', async () => {
  const found = await faults(`sources:
  - type: purchase
    topic: a
    map:
      presett: segment
      deletes: map
      when: { path: a..b, in: [x] }
      fields:
        eventId: { value: x }
        customerId: customer id
        occurredAt: { path: at, unit: major }
        orderid: order
        amountMinor: { path: total, unit: majro }
        currency: { value: EUX }
        kind: { path: status, table: { R: REFUNDS, C: CANCELLATION }, otherwise: BUY }
        items: { path: lines, count: 7, summ: 1 }
        recurring: true
        channel: { path: ch, count: true }
        campaignId: { join: [a] }
        orderedAt: { path: at, unit: seconds, zone: Z }
        discountMinor: { path: d, round: true, otherwise: 1.5 }
        recommended: { path: r, zone: Berlin, otherwise: "no" }
        costMinor: 7
  - topic: b
    map: {}
  - topic: c
    map:
      fields: { kind: { path: k, table: { x: CANCELLATION } }, region: r }
      events:
        - { type: buy }
        - type: engagement
          fields: { eventId: a, customerId: b, occurredAt: t }
        - type: attributes
          when: [{ path: x }, { path: y, in: [1], present: true }, { path: z, on: 1 }]
          fields: { eventId: a, customerId: b, occurredAt: { path: t, otherwise: 1 }, attributes.region: { path: r, round: true } }
  - { topic: d, type: purchase, map: 7 }
  - topic: e
  - { topic: f, type: support, map: { preset: segment, events: [] } }
  - { topic: g, map: { preset: segmnt }, tpye: survey }
  - { topic: h, type: purchase, map: { preset: debezium, fields: [a] } }
`);
  expect(found).toEqual([
    '5:7 sources.0.map.presett is not a setting of a mapping. Did you mean preset?',
    '6:7 sources.0.map.deletes goes with preset: debezium alone.',
    '7:21 sources.0.map.when.path must be a path such as order.lines[0].sku; a name with a dot, a bracket or a space stands in quotes: "order.no", but is "a..b".',
    '9:9 sources.0.map.fields must name orderId, which every purchase event needs.',
    '9:27 sources.0.map.fields.eventId.value would give every event the same eventId: name the path of it.',
    '10:21 sources.0.map.fields.customerId.path must be a path such as order.lines[0].sku; a name with a dot, a bracket or a space stands in quotes: "order.no", but is "customer id".',
    '11:39 sources.0.map.fields.occurredAt.unit must be one of iso, seconds, milliseconds, microseconds, nanoseconds for occurredAt, but is major.',
    '12:9 sources.0.map.fields.orderid is no field of purchase. Did you mean orderId? There are: eventId, customerId, occurredAt, orderId, kind, amountMinor, currency, discountMinor, costMinor, items, channel, recurring, recommended, campaignId, orderedAt.',
    '13:43 sources.0.map.fields.amountMinor.unit must be iso, seconds, milliseconds, microseconds, nanoseconds, minor or major, but is "majro".',
    '14:28 sources.0.map.fields.currency.value must be an ISO 4217 code for currency, but is "EUX".',
    '15:43 sources.0.map.fields.kind.table.R must be one of PURCHASE, REFUND, CANCELLATION for kind, but is "REFUNDS".',
    '15:82 sources.0.map.fields.kind.otherwise must be one of PURCHASE, REFUND, CANCELLATION for kind, but is "BUY".',
    '16:38 sources.0.map.fields.items.count must be true, or the path of the number within an entry.',
    '16:41 sources.0.map.fields.items.summ is not a setting of a field of a mapping. There are: path, unit, zone, table, otherwise, count, round, absolute.',
    '17:20 sources.0.map.fields.recurring must be a path, or a constant as { value: true }.',
    '18:37 sources.0.map.fields.channel.count does not go with channel, which is a text.',
    '19:29 sources.0.map.fields.campaignId.join must be at least 2 entries, but is a list or mapping.',
    '20:53 sources.0.map.fields.orderedAt.zone goes with unit iso, not with seconds.',
    '21:42 sources.0.map.fields.discountMinor.round goes with unit major: minor units are whole.',
    '21:59 sources.0.map.fields.discountMinor.otherwise must be a whole number of minor units for discountMinor, but is 1.5.',
    '22:39 sources.0.map.fields.recommended.zone must be Z or an offset such as "+02:00", but is "Berlin".',
    '23:20 sources.0.map.fields.costMinor must be a path, or a constant as { value: 7 }.',
    '24:5 sources.1 has no type, and its map no events: give it a type (purchase, support, survey, engagement, attributes), or list events.',
    '28:46 sources.2.map.fields.kind.table.x must be one of CAMPAIGN_SENT, CAMPAIGN_OPENED, CAMPAIGN_CLICKED, UNSUBSCRIBED, RESUBSCRIBED, LOYALTY_JOINED, LOYALTY_EARNED, LOYALTY_REDEEMED, LOYALTY_LEFT, REFERRAL, REVIEW_POSTED, COMMUNITY_POST, VISIT, SIGNED_UP for kind, but is "CANCELLATION".',
    '28:64 sources.2.map.fields.region is no field of engagement, attributes. There are: eventId, customerId, occurredAt, kind, campaignId, channel, costMinor, attributes.',
    '30:11 sources.2.map.events.0 has no when, so that none behind it would ever be made: give it one, or put it last.',
    '30:19 sources.2.map.events.0.type must be one of purchase, support, survey, engagement, attributes, but is "buy".',
    '31:11 sources.2.map.events.1 has no when, so that none behind it would ever be made: give it one, or put it last.',
    '34:18 sources.2.map.events.2.when.0 must be a path with one of in, notIn and present, but is a list or mapping.',
    '34:31 sources.2.map.events.2.when.1 must be a path with one of in, notIn and present, but is a list or mapping.',
    '34:68 sources.2.map.events.2.when.2 must be a path with one of in, notIn and present, but is a list or mapping.',
    '34:79 sources.2.map.events.2.when.2.on is not a setting of a condition. Did you mean in?',
    '35:82 sources.2.map.events.2.fields.occurredAt.otherwise would give many events the same occurredAt: give several paths instead.',
    '35:124 sources.2.map.events.2.fields.attributes.region.round does not go with attributes.region, which is a text.',
    '36:38 sources.3.map must be a mapping, but is 7.',
    '37:5 sources.4.type must be purchase, support, survey, engagement or attributes, but is missing.',
    '38:64 sources.5.map.events must be at least 1 entries, but is a list or mapping.',
    '39:32 sources.6.map.preset must be debezium or segment, but is "segmnt".',
    '39:42 tpye is not a setting of a source. Did you mean type?',
    '40:66 sources.7.map.fields must be a mapping of fields, but is a list or mapping.',
    '40:66 sources.7.map.fields must name eventId, customerId, orderId, amountMinor, currency, which every purchase event needs.',
  ]);
});

describe('the documentation', () => {
  const text = doc('docs/mapping.md');
  const examples = [...blocksOf('yaml', 'sources:')].filter(({ text: example }) => example.includes('map:'));

  test.each(examples.map(({ doc: page, text: example }) => [page, example]))(
    'an example of %s is a configuration',
    async (_page, example) => {
      expect(await faults(example)).toEqual([]);
    },
  );

  test('shows what becomes of samples of its first example', async () => {
    const { sources } = await loadSources({}, await file(examples.find(({ doc: page }) => page === 'docs/mapping.md')?.text ?? ''));
    const order = { number: 'A-7', lines: [{ quantity: 2 }, {}] };
    const sample = { id: 'e-1', type: 'ORDER_PAID', customer: { id: 42 }, created_at: 1_740_823_200, total: '49.90', order };
    const policy = { ...presets.retail, currency: 'EUR' };
    const [source] = sources;
    if (source === undefined) throw new Error('the example has no source');
    const judge = judgeOf(source, policy, () => Number.POSITIVE_INFINITY);
    const said = [sample, { ...sample, type: 'ORDER_DRAFTED' }, { ...sample, customer: null }].map((each, i) => {
      const judged = judge(each);
      const what =
        judged.outcome === 'event' ? judged.line : judged.outcome === 'passed' ? 'passed over' : `${judged.reason}: ${judged.detail}`;
      return `samples.ndjson:${i + 1}: ${what}`;
    });
    expect(text).toContain(`\n${said.join('\n')}\n`);
  });

  test('names every setting of a mapping, and no other', () => {
    const listed = (column: string): string[] => [...new Set(rowsOf(text).flatMap((row) => codes(row.get(column) ?? '')))].sort();
    expect(examples.length).toBeGreaterThan(4);
    expect(listed('in `map`')).toEqual(Object.keys(mapShape.shape).sort());
    expect(listed('in a condition')).toEqual(Object.keys(conditionShape.shape).sort());
    const ofFields = [constantShape, joinShape, fromShape].flatMap(({ shape }) => Object.keys(shape));
    expect(listed('in a field')).toEqual(ofFields.sort());
  });

  test('names every event of the preset segment', () => {
    const calls = (MAP_PRESETS.segment.events ?? []).flatMap(
      ({ when }) =>
        JSON.stringify(when)
          .match(/(?<="event","in":\[).*?(?=\])/)?.[0]
          .split(',') ?? [],
    );
    expect(calls.length).toBeGreaterThan(10);
    for (const call of calls) expect(text).toContain(call.replaceAll('"', ''));
  });
});
