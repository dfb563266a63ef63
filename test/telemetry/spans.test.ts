/** A span a step, for who has registered a provider; nothing for who has not. */
import { type Span, type TracerProvider, trace } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { spanOf } from '../../src/telemetry/spans.ts';
import { NOW, SMALL } from '../engine/support/drive.ts';
import { DAY, purchase, START } from '../engine/support/history.ts';
import { scene } from './support.ts';

interface Seen {
  readonly name: string;
  readonly attributes: unknown;
  readonly began: unknown;
  ended: unknown;
}

afterEach(() => trace.disable());

function provider(): { readonly provider: TracerProvider; readonly spans: Seen[] } {
  const spans: Seen[] = [];
  const none = trace.getTracer('none').startSpan('none');
  const tracer: ReturnType<TracerProvider['getTracer']> = {
    startSpan(name, options = {}): Span {
      const seen: Seen = { name, attributes: options.attributes, began: options.startTime, ended: null };
      spans.push(seen);
      return Object.assign(Object.create(none), { end: (at: unknown) => Object.assign(seen, { ended: at }) });
    },
    startActiveSpan: () => {
      throw new Error('no span is made active');
    },
  };
  return { provider: { getTracer: () => tracer }, spans };
}

test('each committed step is a span with what it took and what came of it', async () => {
  const { driver, start } = scene({ start: NOW, limits: SMALL });
  for (let i = 0; i < 25; i++) driver.pipe(purchase(`e${i}`, `c${i % 5}`, START + i * DAY));
  await start();
  await driver.settle();
  const [first] = driver.reports;
  if (first === undefined) throw new Error('no step');
  spanOf('test', first);
  const { provider: registered, spans } = provider();
  trace.setGlobalTracerProvider(registered);
  for (const report of driver.reports) spanOf('test', report);
  // What was reported before there was a provider made none.
  expect(spans).toHaveLength(driver.reports.length);
  const { shard, offset, records, outputs, timers, measured } = first;
  expect(spans[0]).toMatchObject({
    name: 'rapport.step',
    attributes: {
      'messaging.system': 'kafka',
      'messaging.batch.message_count': records,
      'rapport.application': 'test',
      'rapport.shard': shard,
      'rapport.journal.offset': offset,
      'rapport.outputs': outputs,
      'rapport.timers': timers,
    },
  });
  for (const { began, ended } of spans) expect(Number(ended) - Number(began)).toBeGreaterThanOrEqual(0);
  expect(Number(spans[0]?.ended) - Number(spans[0]?.began)).toBeCloseTo(measured.ms);
});
