/**
 * The metrics of `rapport serve`: what was asked and answered, who listens, and how far the read model is behind the topics. Boundary: looks on; where the topics end is asked when it
 * is scraped, and a Kafka that does not answer delays a scrape by no more than a moment.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { METRICS } from './names.ts';
import { type Exposition, Metrics } from './registry.ts';
import { shared } from './shared.ts';

const M = METRICS.serve;
const SECOND = 1_000;
/** ms that a scrape waits for the ends of the topics */
const PATIENCE = 2_000;
/** ms for which an answer about them is good enough */
const FRESH_MS = 1_000;

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
}

export interface Served {
  readonly model: { readonly ready: boolean; positions(): readonly Position[] };
  readonly live: { readonly readers: number };
  /** the ends of a topic's partitions, by number */
  ends(topic: string): Promise<readonly { readonly end: number }[]>;
}

export class ServeMetrics {
  readonly #served: Served;
  readonly #metrics: Metrics;
  readonly #requests;
  readonly #request;
  readonly #liveReaders;
  readonly #modelReady;
  readonly #modelLag;
  readonly #look: () => Promise<void>;
  readonly #ends = new Map<string, readonly { readonly end: number }[]>();

  constructor(application: string, served: Served, { ofProcess = true }: { readonly ofProcess?: boolean } = {}) {
    this.#served = served;
    this.#metrics = new Metrics(application, ofProcess);
    this.#requests = this.#metrics.counter(M.requests);
    this.#request = this.#metrics.histogram(M.request);
    this.#liveReaders = this.#metrics.gauge(M.liveReaders);
    this.#modelReady = this.#metrics.gauge(M.modelReady);
    this.#modelLag = this.#metrics.gauge(M.modelLag);
    this.#look = shared(() => this.#ask(), FRESH_MS);
  }

  /**
   * @param route its pattern, never what was asked; undefined: there is none
   * @param ms null: it says nothing about how fast an answer is
   */
  answered(route: string | undefined, status: number, ms: number | null): void {
    const labels = { route: route ?? 'none' };
    this.#requests.inc({ ...labels, status }, 1);
    if (ms !== null) this.#request.observe(labels, ms / SECOND);
  }

  async exposition(): Promise<Exposition> {
    const { model, live } = this.#served;
    this.#liveReaders.set(live.readers);
    this.#modelReady.set(model.ready ? 1 : 0);
    const positions = model.positions();
    await Promise.race([this.#look(), sleep(PATIENCE, undefined, { ref: false })]);
    this.#modelLag.reset();
    for (const { topic, partition, next } of positions) {
      const end = this.#ends.get(topic)?.[partition]?.end;
      if (end !== undefined) this.#modelLag.inc({ topic }, Math.max(0, end - next));
    }
    return this.#metrics.exposition();
  }

  async #ask(): Promise<void> {
    const topics = new Set(this.#served.model.positions().map(({ topic }) => topic));
    try {
      await Promise.all([...topics].map(async (topic) => this.#ends.set(topic, await this.#served.ends(topic))));
    } catch {
      // That Kafka is away shows in the log and in the workers' metrics; here the last answer stands.
    }
  }
}
