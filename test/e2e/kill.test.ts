/**
 * `kill -9` of one of two workers in mid-stream, ten times, on real Kafka and Redis. Every other time the next one dies while what the last one held
 * is still being taken over.
 */
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../src/stack/until.ts';
import { Application } from '../support/app.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { expectAgreement, historyOf, sound } from './agreement.ts';
import { expectKpis } from './kpi-agreement.ts';

const KILLS = 10;
/** An attribute, so that its KPIs are told too, and a goal that nobody reaches. */
const POLICY = `
preset: retail
attributes:
  region: [north, east, south]
goals:
  - { name: the moon, metric: customers, dimension: all, from: 2020-01-01, by: 2099-12-31, baseline: null, change: 1e9, kind: points, tolerance: 0.00001 }
`;

test('kill -9 of one of two workers, ten times in mid-stream, loses and doubles nothing (I1–I8, I11)', { timeout: 170_000 }, async () => {
  // A short session, so that a takeover does not wait long; a loaded machine may miss a heartbeat, which must do no harm either.
  const app = await Application.create({ policy: POLICY, environment: { RAPPORT_SESSION_TIMEOUT_MS: '1000' } });
  onTestFinished(() => app.stop());
  const { items, until: end } = historyOf({ customers: 1_300, days: 730, seed: 7 });
  await app.feed(items);
  const lengths = await app.lengths();
  const workers = [app.start(), app.start()];
  const all = [...workers];
  const takeovers: Promise<number[]>[] = [];

  let before = lengths.map(() => 0);
  for (let kills = 0; kills < KILLS; kills++) {
    const victim = await midway(`kill ${kills + 1}`, async () => {
      // Whoever works longest, if one of its shards has moved since the last kill and is not at its end.
      const progress = await app.progressOf();
      const found = workers
        .toSorted((a, b) => all.indexOf(a) - all.indexOf(b))
        .find(({ shards }) => shards.some((shard) => isBetween(progress[shard], before[shard], lengths[shard])));
      if (found === undefined || (kills % 2 === 0 && workers.some(({ shards }) => shards.length === 0))) return undefined;
      before = progress;
      return found;
    });
    const { shards } = victim;
    const killedAt = Date.now();
    await victim.kill();
    const next = app.start();
    all.push(next);
    workers[workers.indexOf(victim)] = next;
    takeovers.push(takenOver(all, shards, killedAt));
  }
  await app.drained(end, 90, workers);
  const { deadLetters, alerts } = await expectAgreement(app, sound(items), end);
  await expectKpis(app, sound(items));
  // There was something to agree about.
  for (const kind of ['CHURN_RISK', 'FOLLOW_UP_DUE', 'SUPPORT_OVERDUE', 'GOAL']) expect(alerts.map((alert) => alert.kind)).toContain(kind);
  expect(deadLetters).toHaveLength(items.length - sound(items).length);
  const times = (await Promise.all(takeovers)).flat().sort((a, b) => a - b);
  process.stdout.write(
    `kill -9: ${times.length} shards were taken over after ${times[times.length >> 1]} ms (median), ${times.at(-1)} ms (most)\n`,
  );

  /** Waits while both live and there is something left to do. */
  async function midway(what: string, probe: () => Promise<WorkerProcess | undefined>): Promise<WorkerProcess> {
    const broken = new AbortController();
    return until(
      what,
      60,
      async () => {
        const dead = workers.find(({ over }) => over);
        if (dead !== undefined) broken.abort(new Error(`a worker ended by itself: ${dead.stderr}`));
        if ((await app.progressOf()).every((at, shard) => at === lengths[shard]))
          broken.abort(new Error(`the history ended before ${what}`));
        return probe();
      },
      broken,
    );
  }
});

const isBetween = (at = 0, least = 0, most = 0): boolean => at > least && at < most;

/** ms from the kill until each of the shards was taken over by another worker. */
function takenOver(all: readonly WorkerProcess[], shards: readonly number[], killedAt: number): Promise<number[]> {
  return until('takeover', 90, async () => {
    const lines = all
      .flatMap((worker) => worker.lines('shard taken over'))
      .map(({ shard, time }) => ({ shard, after: Date.parse(time) - killedAt }));
    const times = shards.flatMap((shard) => lines.find((line) => line.shard === shard && line.after > 0)?.after ?? []);
    return times.length === shards.length ? times : undefined;
  });
}
