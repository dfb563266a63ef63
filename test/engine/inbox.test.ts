/** Inboxes are bounded: what a shard cannot take yet is fetched later, and only the partition that is full waits for it. */
import { expect, it } from 'vitest';
import type { TopicPartition } from '../../src/engine/ports.ts';
import { agrees, driver, gate, KEPT, SLOW, until, wrapped } from './support/drive.ts';
import { DAY, purchase, START, visit } from './support/history.ts';

it('a full inbox pauses its own partition alone, and is resumed below half', { timeout: SLOW }, async () => {
  const test = driver({ shards: 2, batchSize: 7, limits: { ...KEPT, inboxRecords: 20, stepRecords: 5 } });
  const [open, release] = gate();
  const calls: string[] = [];
  const note = (call: string, partitions: readonly TopicPartition[]): void => {
    for (const { topic, partition } of partitions) calls.push(`${call} ${topic}-${partition}`);
  };
  // Of the surveys nobody knows the end, so the merge waits for them: what comes of purchases piles up.
  let asked = 0;
  await test.start({
    ports: (ports) => ({
      ...ports,
      source: wrapped(ports.source, {
        pause: (of) => {
          note('pause', of);
          ports.source.pause(of);
        },
        resume: (of) => {
          note('resume', of);
          ports.source.resume(of);
        },
      }),
      logs: {
        ...ports.logs,
        ends: async (topic) => {
          // the check of the topics and each shard's takeover may pass
          if (topic === 'test.survey' && ++asked > 3) await open;
          return ports.logs.ends(topic);
        },
      },
    }),
  });
  await until(test, 'both shards', () => asked >= 3);
  await test.pace(50);
  calls.length = 0;
  const records = Array.from({ length: 90 }, (_, i) => purchase(`e${i}`, 'anna', START + i * DAY));
  for (const record of records) test.pipe(record);
  // The other shard and the other inputs go on meanwhile.
  const others = [visit('v1', 'anna', START + 100 * DAY), visit('v2', 'ben', START + 100 * DAY)];
  for (const record of others) test.pipe(record);
  await test.clock.advance(5_000);
  expect(new Set(calls)).toEqual(new Set([`pause test.purchase-${home(test.kafka.records('test.purchase', 0).length)}`]));
  expect(test.reports).toEqual([]);

  calls.length = 0;
  release();
  await agrees(test, [...records, ...others]);
  const purchases = calls.filter((call) => call.includes('purchase'));
  expect(purchases.length).toBeGreaterThan(4);
  expect(calls).toEqual(purchases);
  expect(purchases.filter((call) => call.startsWith('resume')).length).toBeGreaterThan(1);
  expect(test.reports.reduce((sum, { records: taken }) => sum + taken, 0)).toBe(92);
});

const home = (inFirst: number): number => (inFirst > 0 ? 0 : 1);
