/** W3C trace context: what a record brings goes to what it caused, and to nothing else; malformed, it goes nowhere. */
import { expect, onTestFinished, test } from 'vitest';
import { localCodec } from '../../src/codec/local.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import type { Header, OutRecord } from '../../src/outputs/record.ts';
import { traced, traceOf } from '../../src/outputs/trace-context.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { TestDriver } from '../../src/testing.ts';
import { check } from '../checker/check.ts';
import type { Evidence } from '../checker/evidence.ts';
import { evidenceOf, recorderOf } from '../checker/from-driver.ts';
import { NOW, SLOW, SMALL } from '../engine/support/drive.ts';
import { DAY, purchase, START } from '../engine/support/history.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const STATE = 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7';
const header = (key: string, value: string): Header => ({ key, value: Buffer.from(value) });
const shown = (headers: readonly Header[]): string[] => headers.map(({ key, value }) => `${key}: ${value.toString()}`);

test('a valid context is carried as it is, without what stands beside it', () => {
  const headers = [header('x', 'y'), header('tracestate', STATE), header('traceparent', PARENT)];
  expect(shown(traceOf(headers))).toEqual([`traceparent: ${PARENT}`, `tracestate: ${STATE}`]);
  expect(shown(traceOf([header('traceparent', PARENT)]))).toEqual([`traceparent: ${PARENT}`]);
});

test.each([
  ['none', []],
  ['a state alone', [header('tracestate', STATE)]],
  ['an id of zeros', [header('traceparent', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`)]],
  ['a parent of zeros', [header('traceparent', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`)]],
  ['version ff', [header('traceparent', PARENT.replace(/^00/, 'ff'))]],
  ['capitals', [header('traceparent', PARENT.toUpperCase())]],
  ['more than there is', [header('traceparent', `${PARENT}-extra`)]],
  ['a megabyte', [header('traceparent', PARENT.repeat(20_000))]],
  ['bytes', [{ key: 'traceparent', value: Buffer.alloc(55, 0xff) }]],
  ['a last one that is malformed', [header('traceparent', PARENT), header('traceparent', 'x')]],
])('is dropped: %s', (_, headers) => {
  expect(traceOf(headers)).toEqual([]);
});

test.each([
  ['too long', `a=${'x'.repeat(511)}`],
  ['too many members', Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(',')],
  ['no key', '=v'],
  ['text', 'Anna, please call back'],
  ['a line break', 'a=b\nc'],
  ['empty', ''],
])('a state that is malformed is dropped, and the parent is carried: %s', (_, state) => {
  expect(shown(traceOf([header('traceparent', PARENT), header('tracestate', state)]))).toEqual([`traceparent: ${PARENT}`]);
});

test('an output without a trace is the same object', () => {
  const record: OutRecord = { topic: 't', partition: 0, key: null, value: null, headers: [] };
  expect(traced(record, [])).toBe(record);
});

test('I9 outputs and dead letters of a record carry its context, through a reroute, others none, and a replay makes the same', {
  timeout: SLOW,
}, async () => {
  const driver = new TestDriver({ start: NOW, limits: { ...SMALL, journalLeast: 1 << 30 }, shards: 2 });
  onTestFinished(() => driver.stop());
  const { encodeEvent } = localCodec(driver.settings);
  const headers = [header('traceparent', PARENT), header('tracestate', STATE)];
  const write = (event: TypedRecord, partition: number, with_: readonly Header[]): number =>
    driver.kafka.append('test.purchase', partition, { key: event.record.customerId, value: encodeEvent(event), headers: with_ });
  // Both partitions: one of them is not the customer's.
  for (const partition of [0, 1]) {
    write(purchase(`t${partition}`, 'anna', START + partition * DAY, { amountMinor: 90_000 }), partition, headers);
    write(purchase(`p${partition}`, 'berta', START + partition * DAY, { amountMinor: 90_000 }), partition, []);
  }
  driver.kafka.append('test.purchase', 0, { key: 'k', value: Buffer.from('no Avro'), headers });
  const recorder = recorderOf(driver);
  await driver.start();
  await driver.settle();
  // Before what was forwarded is deleted.
  recorder.read();
  await driver.advance(10_000);
  const { topics, shards } = driver.settings;
  const all = (topic: string) => Array.from({ length: shards }, (_, shard) => driver.kafka.records(topic, shard)).flat();
  const trace = (of: readonly Header[]): string[] => shown(of).filter((line) => line.startsWith('trace'));
  const carried = [`traceparent: ${PARENT}`, `tracestate: ${STATE}`];
  const changes = all(topics.segmentChanges).map(({ key, headers: of }, i) => ({
    customer: key?.toString(),
    cause: (driver.outputs('segmentChanges')[i] as { cause: string }).cause,
    trace: trace(of),
  }));
  expect(changes.filter(({ customer, cause }) => customer === 'anna' && cause === 'event').map((each) => each.trace)).toContainEqual(
    carried,
  );
  for (const { customer, cause, trace: of } of changes) if (customer !== 'anna' || cause === 'silence') expect(of).toEqual([]);
  expect(changes.some(({ customer, cause }) => customer === 'anna' && cause === 'silence')).toBe(true);
  expect(all(topics.deadLetters).map(({ headers: of }) => trace(of))).toEqual([carried]);
  await driver.stop();
  // V2: every step, made again from its records, wrote exactly this.
  const unlike = async (evidence: Evidence): Promise<unknown[]> =>
    (await check(evidence)).violations.filter(({ check: name }) => name === 'V2');
  const evidence = evidenceOf(driver, recorder);
  expect(await unlike(evidence)).toEqual([]);
  const bare = (records: readonly LogRecord[]): LogRecord[] =>
    records.map((record) => ({ ...record, headers: record.headers.filter(({ key }) => !key.startsWith('trace')) }));
  const changed = (evidence.seen.get(topics.segmentChanges) ?? []).map(bare);
  expect(await unlike({ ...evidence, seen: new Map([...evidence.seen, [topics.segmentChanges, changed]]) })).not.toEqual([]);
});
