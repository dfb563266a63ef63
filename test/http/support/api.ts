/** The whole HTTP side on a feed in memory: model, follower, server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import { ManualClock } from '../../../src/adapters/memory/clock.ts';
import type { Config, HttpConfig } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { follow } from '../../../src/http/follow.ts';
import { Live, type LiveLimits } from '../../../src/http/live.ts';
import { ReadModel } from '../../../src/http/model/model.ts';
import type { Sources } from '../../../src/http/ports.ts';
import { createServer } from '../../../src/http/server.ts';
import { until } from '../../../src/stack/until.ts';
import { ServeMetrics } from '../../../src/telemetry/serve.ts';
import type { TestDriver } from '../../../src/testing.ts';
import { type MemoryFeed, SHARDS, sourcesOf } from './said.ts';

export const READ_TOKEN = 'read-token-of-a-test';
export const ADMIN_TOKEN = 'admin-token-of-a-test';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

export interface Api {
  readonly model: ReadModel;
  readonly lines: string[];
  readonly address: () => Promise<string>;
  get(url: string, token?: string | null, headers?: Record<string, string>): Promise<Answer>;
  /** An object is sent as JSON. */
  post(url: string, payload: string | object, token?: string | null, headers?: Record<string, string>): Promise<Answer>;
  ready(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly http?: Partial<HttpConfig>;
  readonly live?: Partial<LiveLimits>;
  readonly pages?: string;
  readonly customer?: 'fails';
  readonly metricsToken?: string;
  readonly command?: Sources['command'];
  readonly shards?: Sources['shards'];
}

export async function startApi(
  driver: TestDriver,
  feed: MemoryFeed,
  { http, live: limits, pages, customer, metricsToken, command, shards }: Options = {},
): Promise<Api> {
  const folder = mkdtempSync(join(tmpdir(), 'rapport-api-'));
  const loaded = await loadConfig({
    RAPPORT_APPLICATION_ID: 'test',
    RAPPORT_SHARDS: String(SHARDS),
    RAPPORT_KAFKA_BROKERS: 'localhost:1',
    RAPPORT_REDIS_URL: 'redis://localhost:1',
    RAPPORT_REGISTRY_URL: 'http://localhost:1',
    RAPPORT_HTTP_PORT: '0',
    RAPPORT_HTTP_DATABASE: join(folder, 'model.sqlite'),
    RAPPORT_HTTP_READ_TOKEN: READ_TOKEN,
    RAPPORT_HTTP_ADMIN_TOKEN: ADMIN_TOKEN,
  });
  const config: Config = {
    ...loaded,
    topics: driver.settings.topics,
    http: { ...loaded.http, ...http },
    metrics: { ...loaded.metrics, token: metricsToken ?? null },
  };
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const model = new ReadModel(config.http.database, config, log);
  const live = new Live(model, limits);
  const sources = { ...sourcesOf(driver, feed, command), ...(shards && { shards }) };
  const fails = { ...sources, customer: () => Promise.reject(new Error('postgres://user:hunter2@db is broken')) };
  const metrics = new ServeMetrics('test', { model, live, ends: (topic) => feed.ends(topic) }, { ofProcess: false });
  const server = await createServer({
    config,
    model,
    live,
    metrics,
    sources: customer === 'fails' ? fails : sources,
    log,
    pages: pages ?? null,
  });
  const stopping = new AbortController();
  const following = follow({ model, feed, topics: config.topics, clock: new ManualClock(0), log }, stopping.signal);
  let listening: Promise<string> | null = null;
  const withToken = (headers: Record<string, string>, token: string | null): Record<string, string> =>
    token === null ? headers : { ...headers, authorization: `Bearer ${token}` };
  const ask = async (request: InjectOptions): Promise<Answer> => {
    const answer = await server.app.inject(request);
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? null : answer.json() };
  };
  return {
    model,
    lines,
    address: () => {
      listening ??= server.listen();
      return listening;
    },
    get: (url, token = READ_TOKEN, headers = {}) => ask({ method: 'GET', url, headers: withToken(headers, token) }),
    post: (url, payload, token = ADMIN_TOKEN, headers = {}) => ask({ method: 'POST', url, payload, headers: withToken(headers, token) }),
    ready: async () => {
      await until('the model to be ready', 20, async () => (model.ready ? true : undefined));
    },
    async stop() {
      stopping.abort();
      live.stop();
      await server.stop();
      await following;
      model.close();
      rmSync(folder, { recursive: true });
    },
  };
}
