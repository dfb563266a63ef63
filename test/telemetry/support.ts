/** What a scrape says, as numbers. */
import { onTestFinished } from 'vitest';
import type { StepReport } from '../../src/engine/engine.ts';
import type { Exposition } from '../../src/telemetry/registry.ts';
import { WorkerMetrics } from '../../src/telemetry/worker.ts';
import { type DriverWorker, TestDriver, type WorkerOverrides } from '../../src/testing.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const samplesOf = (text: string): Sample[] =>
  [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/([\w]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', is = '']) => [label, is])),
    value: Number(value),
  }));

/** The samples with these labels, added up; null when there is none. */
export function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number | null {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([label, is]) => sample.labels[label] === is),
  );
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}

export interface Scene {
  readonly driver: TestDriver;
  readonly metrics: WorkerMetrics;
  start(overrides?: WorkerOverrides): Promise<DriverWorker>;
  scrape(): Promise<Sample[]>;
}

/** A driver with one worker whose metrics are kept, and that observes each report once. */
export function scene(options: ConstructorParameters<typeof TestDriver>[0]): Scene {
  const driver = new TestDriver(options);
  onTestFinished(() => driver.stop());
  const metrics = new WorkerMetrics(driver.settings, { ofProcess: false });
  let observed = 0;
  return {
    driver,
    metrics,
    async start(overrides = {}) {
      const ports: WorkerOverrides['ports'] = (given) => metrics.watched(overrides.ports?.(given) ?? given);
      const started = await driver.start({ ...overrides, watch: metrics.watch, ports });
      metrics.attach(started.worker);
      return started;
    },
    async scrape() {
      const fresh: readonly StepReport[] = driver.reports.slice(observed);
      observed = driver.reports.length;
      for (const report of fresh) metrics.observe(report);
      const { text }: Exposition = await metrics.exposition();
      return samplesOf(text);
    },
  };
}
