/**
 * Writes what rapport makes of a made-up history, for `rapport.bench.Golden` to make again and compare: one line a record with the outputs it leads to,
 * byte for byte; then one of all timers, up to two years after the end, and one of the cells of the KPIs.
 *
 *     node golden.ts FILE [PRESET] [CUSTOMERS] [EVENTS]
 *
 * Comments are left out of the events: the peer does not tell the sentiment of words.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { localCodec } from '../../../src/codec/local.ts';
import { NO_STATE } from '../../../src/codec/publisher-state.ts';
import { type CustomerId, DAY, type Instant } from '../../../src/domain/ids.ts';
import { Reporter } from '../../../src/domain/kpi-report.ts';
import { BASE, Totals } from '../../../src/domain/kpi-totals.ts';
import { STOCKS } from '../../../src/domain/kpis.ts';
import { PRESETS } from '../../../src/domain/policy.ts';
import { presets } from '../../../src/domain/presets.ts';
import { LIMITS } from '../../../src/engine/engine.ts';
import { foldStep } from '../../../src/engine/fold.ts';
import { Input, type Item } from '../../../src/engine/input.ts';
import type { LogRecord, OutRecord } from '../../../src/engine/ports.ts';
import { firstKept } from '../../../src/engine/totals.ts';
import type { TypedRecord } from '../../../src/sources/index.ts';
import type { WorldItem } from '../../../src/world/item.ts';
import { World } from '../../../src/world/world.ts';

const [file = '/dev/stdout', named = 'retail', customers = '2000', events = '100000'] = process.argv.slice(2);
const preset = PRESETS.find((name) => name === named) ?? 'retail';
const policy = presets[preset];
const until = Date.UTC(2026, 0, 1) as Instant;
const types = ['purchase', 'support', 'survey', 'engagement'] as const;
const sources = types.map((type) => ({ type, topic: `golden.${type}`, format: 'avro' as const, keyedByCustomer: true }));
const topics = {
  journal: '',
  reroute: '',
  segmentChanges: 'SEGMENT_CHANGE',
  profiles: 'PROFILE',
  alerts: 'ALERT',
  kpis: 'KPI',
  thresholds: '',
  deadLetters: 'DEAD_LETTER',
};
const codec = localCodec({ applicationId: 'golden', sources, topics, policy, policyHash: 'hash' });
const ids = { SEGMENT_CHANGE: 11, PROFILE: 12, DEAD_LETTER: 13, ALERT: 14, KPI: 15 };

const out = createWriteStream(file);
const line = async (value: object): Promise<void> => {
  if (!out.write(`${JSON.stringify(value)}\n`)) await once(out, 'drain');
};
const base64 = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('base64'));
const said = ({ topic, key, value, headers }: OutRecord) => ({
  type: topic,
  key: base64(key),
  value: base64(value),
  headers: headers.map((header) => `${header.key}=${header.value}`).join(' '),
});

function withoutWords(item: WorldItem): TypedRecord | null {
  switch (item.type) {
    case 'support':
      return { type: 'support', record: { ...item.record, comment: null } };
    case 'survey':
      return { type: 'survey', record: { ...item.record, comment: null } };
    case 'attributes':
      return null;
    default:
      return item;
  }
}

const states = new Map<CustomerId, Buffer>();
const cells = new Map<string, number[]>();
const context = {
  shard: 0,
  caughtUpAt: null,
  reroute: '',
  encoder: codec.encoder,
  policy,
  thresholds: null,
  shardOf: () => 0,
  refused: () => false,
};
type Step = Parameters<typeof foldStep>[0];
function step(batch: Step, timers: readonly CustomerId[]): object[] {
  const folded = foldStep(batch, timers, (customer) => states.get(customer) ?? null, context);
  for (const { customer, state } of folded.entries) if (state !== null) states.set(customer, state);
  for (const { day, dimension, amounts } of folded.sums.values()) {
    const cell = cells.get(`${day}:${dimension}`) ?? amounts.map(() => 0);
    cells.set(
      `${day}:${dimension}`,
      cell.map((amount, part) => amount + (amounts[part] ?? 0) + 0),
    );
  }
  return folded.records.map(said);
}

await line({ policy, application: 'golden', hash: 'hash', ids });
const inputs = new Map(
  sources.map(({ type, topic }) => [type, new Input({ topic, partition: 0, next: 0, last: null, newest: null, end: null }, LIMITS)]),
);
const world = new World({ customers: Number(customers), days: 730, seed: 7, until, business: preset, late: 0.03, broken: 0.005 });
let offset = 0;
let watermark = 0 as Instant;
for (const item of world.history()) {
  const event = withoutWords(item);
  if (event === null) continue;
  if (offset >= Number(events)) break;
  const input = inputs.get(event.type as (typeof types)[number]);
  if (input === undefined) continue;
  const key = Buffer.from(item.customerId);
  const value = item.raw === undefined ? codec.encodeEvent(event) : Buffer.from(item.raw);
  const record: LogRecord = { offset, timestamp: 0, key, value, headers: [] };
  await codec.decoder.prepare(input.tp.topic, [record]);
  const decoded = codec.decoder.decode(input.tp.topic, record);
  const taken: Item = { input, record, origin: { ...input.tp, offset, timestamp: 0 }, decoded };
  const batch = { items: [{ item: taken, watermark }], watermark, now: until, future: (until + LIMITS.future) as Instant };
  await line({ type: event.type, key: base64(key), value: base64(value), watermark, now: until, out: step(batch, []) });
  // A watermark that follows a little behind, as it does with several inputs.
  if (decoded.outcome === 'event') watermark = Math.max(watermark, decoded.event.at - 3_600_000) as Instant;
  offset += 1;
}
const end = (until + 730 * DAY) as Instant;
const all = [...states.keys()].sort((a, b) => (a < b ? -1 : 1));
await line({ watermark: end, now: until, out: step({ items: [], watermark: end, now: until, future: end }, all) });
await line({ cells: Object.fromEntries(cells) });

// What the publisher says of these cells: half-way through the history, and at its end, when the cells of days that have fallen out are in the base.
const totals = new Totals();
const reporter = new Reporter(totals, policy);
let remembered = NO_STATE;
const looks: object[] = [];
for (const at of [until - 365 * DAY, until] as Instant[]) {
  const horizon = firstKept(at);
  const bases = new Map<string, number[]>();
  for (const [key, amounts] of cells) {
    const [, day = '', dimension = ''] = /^(-?\d+):(.*)$/.exec(key) ?? [];
    if (Number(day) >= horizon) totals.put(0, { dimension, day: Number(day), amounts });
    else {
      const base = bases.get(dimension) ?? amounts.map(() => 0);
      bases.set(
        dimension,
        base.map((sum, part) => (part < STOCKS.length ? sum + (amounts[part] ?? 0) : sum)),
      );
      totals.put(0, { dimension, day: Number(day), amounts: null });
    }
  }
  for (const [dimension, amounts] of bases) totals.put(0, { dimension, day: BASE, amounts });
  const { kpis, alerts, state } = reporter.report(remembered, at, horizon, Number.POSITIVE_INFINITY);
  remembered = { ...state, until: at };
  const because = { shard: 0, now: until, caughtUpAt: null, trigger: null };
  const offsets = [{ shard: 0, offset: 7 }];
  const records = [
    ...alerts.map((alert) => codec.encoder.decision(alert, because)),
    ...kpis.map((kpi) => codec.encoder.decision({ ...kpi, offsets }, because)),
  ];
  looks.push({ until: at, out: records.map(said) });
}
await line({ looks, now: until });
out.end();
await finished(out);
console.error(
  `${offset} events, ${states.size} customers, state of ${Math.round([...states.values()].reduce((sum, { length }) => sum + length, 0) / states.size)} bytes on average`,
);
