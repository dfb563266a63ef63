/**
 * `rapport demo`: the whole thing on this machine, with real servers and a made-up history of customers. Under an application id of its own; what it
 * has created on servers that were given is removed at the end.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { defaultSources, loadConfig } from '../config/load.ts';
import { commandSource } from '../config/topics.ts';
import { dayOf, type Instant } from '../domain/ids.ts';
import { SystemClock } from '../engine/clock.ts';
import type { StepReport } from '../engine/engine.ts';
import type { Worker } from '../engine/worker.ts';
import { startFolder } from '../stack/folder.ts';
import { stackUp } from '../stack/index.ts';
import { retimed } from '../world/generate.ts';
import { customerIdOf } from '../world/person.ts';
import { World } from '../world/world.ts';
import { createLog, guarded, interrupted, print } from './command.ts';
import type { Connect, Connections } from './connections.ts';
import { demoPolicy } from './demo-policy.ts';
import { Feed } from './feed.ts';
import { instant, positive, whole } from './options.ts';
import { Progress } from './progress.ts';
import { readRisks } from './risk-levels.ts';
import { createWorker } from './run.ts';
import { Said } from './said.ts';
import { PAGES, type StartHttp, sourcesOf } from './serve.ts';
import { createTopics } from './topics.ts';

interface DemoOptions {
  readonly customers: number;
  readonly days: number;
  readonly seed: number;
  readonly until?: Instant;
  readonly once?: true;
  readonly json?: true;
}

/** live events a second, after the history */
const TRICKLE = 20;
/** ms in which the KPIs are told after the history, and without a further one until they count as told: the publisher looks once a second */
const KPIS_MS = 30_000;
const QUIET_MS = 2_500;

const EXAMPLE = `
Uses the servers of RAPPORT_KAFKA_BROKERS, RAPPORT_REDIS_URL and RAPPORT_REGISTRY_URL where given, else starts its own.

Example:
  $ npm run demo -- --customers 500 --days 365 --once
`;

export function demoCommand(connect: Connect, startHttp: StartHttp): Command {
  return new Command('demo')
    .description('watch a made-up history of customers move between the groups, on real servers')
    .option('--customers <n>', 'customers who arrive over the history', positive, 2_500)
    .option('--days <n>', 'length of the history', positive, 730)
    .option('--seed <n>', 'seed of the history', whole, 1)
    .option('--until <instant>', "the history's last instant, ISO 8601 or epoch ms (default: now)", instant)
    .option('--once', 'end after the history')
    .option('--json', 'print one summary object last')
    .addHelpText('after', EXAMPLE)
    .action((options: DemoOptions) => guarded(() => demo(options, connect, startHttp)));
}

async function demo(options: DemoOptions, connect: Connect, startHttp: StartHttp): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const stopped = new AbortController();
  const stopping = interrupted().then(() => stopped.abort());
  // Interrupted while the servers start, the process just ends; they end with it (src/stack/watchdog.ts).
  say('Kafka, Redis and a schema registry: using those that are given, starting the others …');
  const stack = await Promise.race([stackUp({ brokers: 1, redis: 'single', log: say }), stopping.then(() => null)]);
  if (stack === null) process.exit(130);
  const { kafka, redis, registry, given } = stack.value;
  const loaded = await loadConfig({
    RAPPORT_LOG_LEVEL: 'warn',
    RAPPORT_SHARDS: '4',
    ...process.env,
    RAPPORT_APPLICATION_ID: `rapport-demo-${randomUUID().slice(0, 8)}`,
    RAPPORT_KAFKA_BROKERS: kafka,
    RAPPORT_REDIS_URL: redis,
    RAPPORT_REGISTRY_URL: registry,
  });
  const until = options.until ?? (Date.now() as Instant);
  // Into topics of its own, whatever the configuration names: what it makes up is nobody's history, and goes at the end.
  const folder = await startFolder('demo');
  const http = {
    ...loaded.http,
    host: '127.0.0.1',
    port: 0,
    database: join(folder.value, 'read-model.sqlite'),
    readToken: randomUUID(),
    adminToken: null,
    open: false,
  };
  const config = demoPolicy(
    { ...loaded, sources: [...defaultSources(loaded.applicationId), commandSource(loaded.applicationId)], http },
    until,
    options.days,
  );
  const connections = await connect(config, createLog(config.logLevel));
  try {
    await new Demo(config, connections.value, { ...options, until, startHttp }, stopped.signal, say).run({ kafka, redis, registry });
  } finally {
    if (given.kafka || given.redis || given.registry) await cleanUp(config, connections.value);
    await connections.stop();
    await stack.stop();
    await folder.stop();
  }
}

/** Leaves nothing on servers that belong to others. */
async function cleanUp(config: Config, { logs, store, schemas }: Connections): Promise<void> {
  await logs.deleteTopics([...Object.values(config.topics), ...config.sources.map(({ topic }) => topic)]);
  await logs.deleteGroup(config.applicationId);
  await store.removeAll();
  await (await schemas()).removeSubjects();
}

interface RunOptions extends DemoOptions {
  readonly until: Instant;
  readonly startHttp: StartHttp;
}

class Demo {
  readonly #config: Config;
  readonly #connections: Connections;
  readonly #options: RunOptions;
  readonly #stopped: AbortSignal;
  readonly #say: (line: string) => void;
  readonly #said: Said;
  readonly #counts = { events: 0, folded: 0, duplicates: 0, rerouted: 0, deadLetters: 0, changes: 0, alerts: 0 };

  constructor(config: Config, connections: Connections, options: RunOptions, stopped: AbortSignal, say: (line: string) => void) {
    this.#config = config;
    this.#connections = connections;
    this.#options = options;
    this.#stopped = stopped;
    this.#say = say;
    this.#said = new Said(config.topics, say);
  }

  async run(addresses: { readonly kafka: string; readonly redis: string; readonly registry: string }): Promise<void> {
    const { customers, days, seed, until, once, json } = this.#options;
    const { logs, schemas, producer, follow, store } = this.#connections;
    // 1. Topics, schemas, the history; the processor starts when it is there, and reads it in the order of its time.
    await createTopics(logs, this.#config, '-1');
    const encode = await (await schemas()).inputs();
    const feed = new Feed(this.#config, await producer(), encode);
    const world = new World({ customers, days, seed, until });
    const loading = new Progress('loading', this.#say);
    for (const item of world.history()) {
      await feed.send(item);
      loading.show(() => `${feed.sent} events`);
      if (this.#stopped.aborted) break;
    }
    await feed.flush();
    loading.done(`${feed.sent} events of ${customers} customers over ${days} days are in the topics`);

    // 2. The processor on the history, and the dashboard beside it.
    const dashboard = once ? null : await this.#dashboard();
    const began = performance.now();
    const worker = await createWorker(
      this.#config,
      this.#connections,
      createLog(this.#config.logLevel),
      (report) => this.#count(report),
      this.#stopped,
    );
    await worker.start();
    const follower = await follow(this.#said.topics, (from, record) => this.#said.add(from, record));
    try {
      await this.#catchUp(worker, feed.sent);
      const seconds = Number(((performance.now() - began) / 1_000).toFixed(3));
      await this.#told(worker);
      const risks = await readRisks(store, this.#config.shards, customerIds(customers));
      this.#said.telling = !json;
      if (!json) process.stdout.write(`${this.#said.tables(risks)}\n`);
      this.#say(
        `Look further: Kafka ${addresses.kafka}, Redis ${addresses.redis},\n  schema registry ${addresses.registry}; topics ${this.#config.applicationId}.*`,
      );
      // 3. Live, until interrupted.
      if (dashboard !== null) await this.#live(world, feed, until, worker, dashboard.address);
      if (json) print({ json }, { ...this.#counts, ...this.#said.summary(risks), seconds }, '');
    } finally {
      await worker.stop();
      await follower.stop();
      await dashboard?.stop();
    }
  }

  /** With a token that holds for this run alone: it stands behind the `#`, which no browser sends. */
  async #dashboard(): Promise<{ readonly address: string; stop(): Promise<void> }> {
    const config = this.#config;
    const clock = new SystemClock();
    const around = { clock, log: createLog(config.logLevel), pages: PAGES };
    const server = await this.#options.startHttp(config, sourcesOf(config, this.#connections, clock), around);
    const address = `${server.value.address}/#token=${config.http.readToken}`;
    this.#say(`Dashboard: ${address}`);
    return { address, stop: () => server.stop() };
  }

  #count(report: StepReport): void {
    const counts = this.#counts;
    counts.events += report.records - report.fromReroute;
    for (const name of ['folded', 'duplicates', 'rerouted', 'deadLetters', 'changes', 'alerts'] as const) counts[name] += report[name];
  }

  /** Until every event is processed, no timer waits, and the topics' reader has seen every change and every customer's alert. */
  async #catchUp(worker: Worker, events: number): Promise<void> {
    const progress = new Progress('processing', this.#say);
    const ended = worker.ended().then(() => true);
    for (let over = false; !over && !this.#stopped.aborted; ) {
      over = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), 50))]);
      const { events: done, changes } = this.#counts;
      progress.show((seconds) => `${done} events, ${Math.round(done / seconds)} events/s, ${changes} changes, lag ${events - done}`);
      over ||= done >= events && worker.caughtUp && this.#said.hasHeard(this.#counts);
    }
    progress.done(`${this.#counts.events} events, ${this.#counts.changes} changes`);
  }

  /** Until the KPIs of the last day that is over, and of all who are customers today, are in the topic, and nothing more comes. */
  async #told(worker: Worker): Promise<void> {
    const began = performance.now();
    const today = dayOf(Date.now() as Instant);
    const ended = worker.ended().then(() => true);
    for (let over = false; !over && !this.#stopped.aborted && !this.#said.hasKpisOf(today, QUIET_MS); ) {
      over = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), 50))]);
      if (performance.now() - began > KPIS_MS) {
        this.#say('The KPIs are not all told yet; what follows are those that are.');
        return;
      }
    }
  }

  async #live(world: World, feed: Feed, until: Instant, worker: Worker, dashboard: string): Promise<void> {
    // Once more: the first time has scrolled away.
    this.#say(`Dashboard: ${dashboard}`);
    this.#say(`Live: ${TRICKLE} events a second, Ctrl-C ends it`);
    const broken = worker.ended().then(() => true);
    for (const item of world.live()) {
      const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), 1_000 / TRICKLE));
      if (this.#stopped.aborted || (await Promise.race([broken, pause]))) return;
      await feed.send(retimed(item, Date.now() as Instant, until));
      await feed.flush();
    }
  }
}

function* customerIds(count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield customerIdOf(index);
}
