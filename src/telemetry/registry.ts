/** The tree of names as objects of the client library. Boundary: the only file that knows the library. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { APPLICATION, type Metric } from './names.ts';

type Labels<M extends Metric> = M['labels'][number];
/** What `/metrics` answers. */
export interface Exposition {
  readonly type: string;
  readonly text: string;
}

export class Metrics {
  readonly #registry = new Registry();

  /** @param ofProcess with what the library tells of the process */
  constructor(application: string, ofProcess: boolean) {
    this.#registry.setDefaultLabels({ [APPLICATION]: application });
    if (ofProcess) collectDefaultMetrics({ register: this.#registry });
  }

  counter<const M extends Metric & { readonly type: 'counter' }>({ name, help, labels }: M): Counter<Labels<M>> {
    return new Counter<Labels<M>>({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  gauge<const M extends Metric & { readonly type: 'gauge' }>({ name, help, labels }: M): Gauge<Labels<M>> {
    return new Gauge<Labels<M>>({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  histogram<const M extends Metric & { readonly type: 'histogram' }>({ name, help, labels, buckets = [] }: M): Histogram<Labels<M>> {
    return new Histogram<Labels<M>>({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [this.#registry] });
  }

  async exposition(): Promise<Exposition> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
