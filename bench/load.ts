/**
 * Loads the input topics, once for all peers: framed Avro, keyed by customer, by Kafka's default partitioner, as rapport's users' producers write.
 * One pass of the events fills several sets of topics (of 4 and of 12 partitions, and a short one). Behind the last event stands a sentinel in every partition
 * of every input: a customer of its own, whose first event makes a change of group, so that the changes of all sentinels say that every
 * input has been consumed and its outputs committed.
 */
import { createPlainProducer, type PlainProducer, type PlainRecord } from '../src/adapters/kafka/index.ts';
import { startRegistry } from '../src/adapters/registry/index.ts';
import { murmur2 } from '../src/codec/murmur2.ts';
import type { Config } from '../src/config/config.ts';
import type { Instant } from '../src/domain/ids.ts';

import { type Application, quiet } from './application.ts';
import { type BenchEvent, type BenchType, TYPES } from './events.ts';

/** records that are gathered for one round of requests */
const ROUND = 4_000;

/** Kafka's default partitioner. */
export const partitionOf = (key: Buffer, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;

/** Sends events to the input topics of one or more applications. */
export class Loader {
  readonly #targets: readonly Target[];
  readonly #encode: (event: BenchEvent) => Buffer;
  #waiting = 0;
  #round: Promise<unknown> = Promise.resolve();
  readonly stop: () => Promise<void>;

  private constructor(targets: readonly Target[], encode: (event: BenchEvent) => Buffer, stop: () => Promise<void>) {
    this.#targets = targets;
    this.#encode = encode;
    this.stop = stop;
  }

  /** @param targets each with how many of the events it takes */
  static async create(targets: readonly { readonly app: Pick<Application, 'config'>; readonly most: number }[]): Promise<Loader> {
    const resources: { stop(): Promise<void> }[] = [];
    const [first] = targets;
    if (first === undefined) throw new Error('nothing to load');
    const encoders = new Map<string, (event: BenchEvent) => Buffer>();
    for (const { app } of targets) {
      const registry = await startRegistry(app.config);
      resources.push(registry);
      const encode = await registry.value.inputs();
      encoders.set(app.config.applicationId, (event) => encode(sourceOf(app.config, event.type), event));
    }
    const made: Target[] = [];
    for (const { app, most } of targets) {
      // One producer for each input: a producer has one request under way.
      const producers = new Map<BenchType, PlainProducer>();
      for (const type of TYPES) {
        const producer = await createPlainProducer(app.config, quiet);
        resources.push(producer);
        producers.set(type, producer.value);
      }
      made.push({ config: app.config, most, producers, sent: 0, waiting: new Map(), busy: new Map() });
    }
    const encode = encoders.get(first.app.config.applicationId);
    if (encode === undefined) throw new Error('nothing to encode with');
    return new Loader(made, encode, async () => {
      for (const each of resources.toReversed()) await each.stop();
    });
  }

  /** Encodes it and sends it soon; resolves when there is room for more. */
  async send(event: BenchEvent): Promise<void> {
    this.put(event);
    this.#waiting += 1;
    if (this.#waiting >= ROUND) await this.#turn();
  }

  /** Encodes it, to be sent with the next round or pump. */
  put(event: BenchEvent): void {
    const key = Buffer.from(event.record.customerId);
    const value = event.raw === undefined ? this.#encode(event) : Buffer.from(event.raw);
    for (const target of this.#targets) {
      if (target.sent >= target.most) continue;
      target.sent += 1;
      put(target, event.type, { partition: partitionOf(key, target.config.shards), key, value });
    }
  }

  /**
   * Sends what was put, at once where no request of that input is under way, else when it has ended: as a producer without lingering does. A failure
   * shows in `drained`.
   */
  pump(): void {
    for (const target of this.#targets) {
      for (const [type, producer] of target.producers) {
        if (target.busy.has(type) || !target.waiting.has(type)) continue;
        const run = async (): Promise<void> => {
          for (let records = target.waiting.get(type); records !== undefined; records = target.waiting.get(type)) {
            target.waiting.delete(type);
            await producer.produce(sourceOf(target.config, type).topic, records);
          }
          target.busy.delete(type);
        };
        const running = run();
        running.catch(() => undefined);
        target.busy.set(type, running);
      }
    }
  }

  async drained(): Promise<void> {
    for (const { busy } of this.#targets) await Promise.all(busy.values());
  }

  /** A sentinel into every partition of every input. The same for every application with so many partitions. */
  async close(at: Instant, tag = ''): Promise<void> {
    for (const target of this.#targets) {
      for (const { type, partition, customer } of sentinelsOf(target.config.shards, tag)) {
        const key = Buffer.from(customer);
        put(target, type, { partition, key, value: this.#encode(sentinelEvent(type, customer, at)) });
      }
    }
    await this.flush();
  }

  async flush(): Promise<void> {
    await this.#turn();
    await this.#round;
  }

  /** While one round is being sent, the next one is gathered. */
  async #turn(): Promise<void> {
    await this.#round;
    this.#waiting = 0;
    this.#round = Promise.all(this.#targets.map(sendWaiting));
    // It is awaited at the next turn; until then nobody listens to its failure.
    this.#round.catch(() => undefined);
  }
}

interface Target {
  readonly config: Config;
  readonly most: number;
  readonly producers: ReadonlyMap<BenchType, PlainProducer>;
  readonly waiting: Map<BenchType, PlainRecord[]>;
  /** requests under way that were pumped */
  readonly busy: Map<BenchType, Promise<void>>;
  sent: number;
}

function put(target: Target, type: BenchType, record: PlainRecord): void {
  const list = target.waiting.get(type);
  if (list === undefined) target.waiting.set(type, [record]);
  else list.push(record);
}

async function sendWaiting(target: Target): Promise<void> {
  const waiting = [...target.waiting];
  target.waiting.clear();
  await Promise.all(waiting.map(([type, records]) => target.producers.get(type)?.produce(sourceOf(target.config, type).topic, records)));
}

function sourceOf(config: Config, type: BenchType): Config['sources'][number] {
  const source = config.sources.find((each) => each.type === type);
  if (source === undefined) throw new Error(`no source of ${type}`);
  return source;
}

export interface Sentinel {
  readonly type: BenchType;
  readonly partition: number;
  readonly customer: string;
}

export const SENTINEL = 'sentinel-';

/** One for each partition of each input, whose key leads to it. A second load of the same inputs ends with others: a tag tells them apart. */
export function sentinelsOf(partitions: number, tag = ''): Sentinel[] {
  return TYPES.flatMap((type) =>
    Array.from({ length: partitions }, (_, partition) => {
      for (let attempt = 0; ; attempt++) {
        const customer = `${SENTINEL}${tag}${type}-${partition}-${attempt}`;
        if (partitionOf(Buffer.from(customer), partitions) === partition) return { type, partition, customer };
      }
    }),
  );
}

/** A sound first event of a customer. */
export function sentinelEvent(type: BenchType, customerId: string, at: Instant): BenchEvent {
  const common = { eventId: `first-of-${customerId}`, customerId, occurredAt: at };
  switch (type) {
    case 'purchase':
      return { type, record: { ...common, ...PURCHASE, orderId: `order-of-${customerId}` } };
    case 'support':
      return {
        type,
        record: {
          ...common,
          ticketId: `ticket-of-${customerId}`,
          status: 'OPENED',
          channel: 'EMAIL',
          priority: 'NORMAL',
          satisfaction: null,
          comment: null,
          costMinor: null,
        },
      };
    case 'survey':
      return { type, record: { ...common, surveyId: `survey-of-${customerId}`, kind: 'CSAT', score: 4, comment: null, channel: 'EMAIL' } };
    case 'engagement':
      return { type, record: { ...common, kind: 'VISIT', campaignId: null, channel: 'WEB', costMinor: null } };
  }
}

const PURCHASE = {
  kind: 'PURCHASE',
  amountMinor: 4_200,
  currency: 'USD',
  discountMinor: 0,
  costMinor: null,
  items: 1,
  channel: 'WEB',
  recurring: false,
  recommended: false,
  campaignId: null,
  orderedAt: null,
} as const;
