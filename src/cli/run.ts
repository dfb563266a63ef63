/**
 * `rapport run`: the processor. Runs until it is told to stop or must halt.
 */
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { redacted } from '../config/secrets.ts';
import { SystemClock } from '../engine/clock.ts';
import { type Engine, LIMITS, type StepReport, type Watch } from '../engine/engine.ts';
import { Retryable } from '../engine/errors.ts';
import { patiently } from '../engine/patience.ts';
import type { Logger } from '../engine/ports.ts';
import { publishKpis } from '../engine/publisher.ts';
import { Worker, type WorkerOptions } from '../engine/worker.ts';
import { startEndpoint } from '../telemetry/server.ts';
import { spanOf } from '../telemetry/spans.ts';
import { WorkerMetrics } from '../telemetry/worker.ts';
import { type Common, command, interrupted } from './command.ts';
import type { Connect, Connections } from './connections.ts';
import { checkTopics } from './topics.ts';

/** The engine on these connections. Waits, with one line each, for what is not there yet; throws Halt when the topics are not as they must be. */
export async function createWorker(
  config: Config,
  connections: Connections,
  log: Logger,
  onStep: (report: StepReport) => void,
  stopped: AbortSignal,
  options: WorkerOptions = {},
  watch?: Watch,
): Promise<Worker> {
  const clock = new SystemClock();
  const wait = <T>(what: string, attempt: () => Promise<T>): Promise<T> => patiently({ clock, log }, what, {}, attempt, stopped);
  await wait('Kafka', () => checkTopics(connections.logs, config));
  const { decoder, encoder } = await wait('the schema registry', () => connections.schemas());
  const { source, sinks, logs, store } = connections;
  const ports = { source, sinks, logs, store, decoder, encoder, clock, log };
  const engine: Engine = { ports, settings: config, limits: LIMITS, onStep, ...(watch && { watch }), publisherOf: publishKpis() };
  return new Worker(engine, options);
}

const EXAMPLE = `
Stops at SIGINT or SIGTERM: finishes the step under way, leaves the group, exits 0. Exits 1 with a message that says what to do when it must halt.
With RAPPORT_METRICS_PORT it answers GET /metrics (Prometheus), /livez and /readyz at that port.

Example:
  $ RAPPORT_KAFKA_BROKERS=localhost:9092 RAPPORT_REDIS_URL=redis://localhost:6379 RAPPORT_REGISTRY_URL=http://localhost:8081 rapport run
  $ RAPPORT_METRICS_PORT=9464 rapport run
`;

export function runCommand(connect: Connect): Command {
  return new Command('run')
    .description('run the processor')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .addHelpText('after', EXAMPLE)
    .action((options: Common) =>
      command(options, connect, async ({ config, connections, log }) => {
        log.info({ config: redacted(config) }, 'rapport starts');
        const stopped = new AbortController();
        const { port } = config.metrics;
        const metrics = port === null ? null : new WorkerMetrics(config);
        const endpoint = metrics === null || port === null ? null : await startEndpoint(config.metrics, port, metrics);
        if (endpoint !== null) log.info({ address: endpoint.value.address }, 'metrics and probes are served');
        const seen = metrics?.watched(connections) ?? connections;
        const onStep = (report: StepReport): void => {
          const { shard, offset, measured, ...counts } = report;
          log.debug({ shard, offset, ...counts, ms: Math.round(measured.ms) }, 'step');
          metrics?.observe(report);
          spanOf(config.applicationId, report);
        };
        const stopping = interrupted().then(() => stopped.abort());
        try {
          const worker = await createWorker(config, seen, log, onStep, stopped.signal, {}, metrics?.watch);
          metrics?.attach(worker);
          // Also while it is still waiting for something: then `start` gives up.
          void stopping.then(() => worker.stop());
          try {
            await worker.start();
            await worker.ended();
          } finally {
            await worker.stop();
          }
        } catch (error) {
          if (!stopped.signal.aborted || !(error instanceof Retryable)) throw error;
        } finally {
          await endpoint?.stop();
        }
        log.info({}, 'rapport has stopped');
      }),
    );
}
