/**
 * The input of a run: a seeded history, then a trickle as of now, with everything that inputs have in life: what cannot be read, what cannot be, duplicates (in other partitions too), late
 * records, a source with foreign keys, a customer with a third of the events, comments with a word that must go nowhere. Its producer reaches the brokers past the proxies
 * and repeats a send whose outcome is unknown, so that whole batches may stand there twice: the topics are what counts, not the sender.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProducerBatch } from 'kafkajs';
import { pino } from 'pino';
import { createClient, createSockets } from '../../src/adapters/kafka/client.ts';
import type { KafkaConfig } from '../../src/config/config.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { retimed } from '../../src/world/generate.ts';
import type { WorldItem } from '../../src/world/item.ts';
import { Random } from '../../src/world/random.ts';
import { World } from '../../src/world/world.ts';
import { type Application, POISON, partitionOf, type Sendable } from '../support/application.ts';

const HISTORY = { customers: 60, days: 300, broken: 0.004, duplicates: 0.01, late: 0.01 };
const TICK_MS = 100;
/** has a third of the events as of now */
export const HOT = 'hot-customer' as CustomerId;
const HOUR = 3_600_000;
/** the furthest that an event as of now is moved back in time */
const MOST_BACK_MS = 5 * 24 * HOUR;
const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });

interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly poison: boolean;
}

export interface FeedOptions {
  readonly app: Application;
  readonly seed: number;
  /** events a second, least and most */
  readonly rates: readonly [number, number];
  /** lower-case letters */
  readonly canary: string;
  /** nothing of the history is late, and what is older than all that is moved back later is keyed by customer; not unless given */
  readonly tidy?: boolean;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #random: Random;
  readonly #world: World;
  readonly #until: Instant;
  readonly #everywhere: boolean;
  #send: Sender | null = null;
  #stopped = false;
  #trickle: Promise<void> | null = null;
  #made = 0;
  /** of each shard, some */
  readonly customers: readonly CustomerId[][];
  /** all that it has sent events of */
  readonly named: Set<string> = new Set([HOT]);
  /** what is older is in the history, in order and keyed by customer; null: it is not tidy */
  readonly orderedUntil: Instant | null;

  constructor(options: FeedOptions) {
    const { app, seed, tidy = false } = options;
    this.#options = options;
    this.#random = new Random(seed, 'feed');
    this.#until = (Date.now() - HOUR) as Instant;
    this.#world = new World({ ...HISTORY, ...(tidy ? { late: 0 } : {}), seed, until: this.#until });
    this.orderedUntil = tidy ? ((this.#until - MOST_BACK_MS) as Instant) : null;
    this.#everywhere = this.#random.chance(0.5);
    this.customers = Array.from({ length: app.config.shards }, () => []);
    this.customers[partitionOf(HOT, app.config.shards)]?.push(HOT);
  }

  get sent(): number {
    return this.#made;
  }

  /** Everything up to an hour ago. */
  async history(): Promise<void> {
    const messages: Message[] = [];
    for (const played of this.#world.history()) {
      const item = about(nameOf(played), played);
      const shard = this.customers[partitionOf(item.customerId, this.customers.length)];
      if (shard !== undefined && shard.length < 20 && !shard.includes(item.customerId as CustomerId))
        shard.push(item.customerId as CustomerId);
      messages.push(this.#message(item, item.broken !== undefined));
    }
    for (let i = 0; i < messages.length; i += 1_000) await this.#surely(messages.slice(i, i + 1_000));
  }

  /** Begins the trickle. */
  start(): void {
    this.#trickle = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#trickle;
    await this.#send?.close();
  }

  async #run(): Promise<void> {
    const random = this.#random;
    const [least, most] = this.#options.rates;
    const items = this.#world.live();
    let rate = most;
    let owed = 0;
    let last = performance.now();
    while (!this.#stopped) {
      if (random.chance(TICK_MS / 4_000)) rate = random.between(least, most);
      const now = performance.now();
      owed = Math.min(owed + (rate * (now - last)) / 1_000, most * 3);
      last = now;
      const messages: Message[] = [];
      for (; owed >= 1; owed--) messages.push(...this.#next(items.next().value));
      if (messages.length > 0) await this.#surely(messages);
      await sleep(TICK_MS);
    }
  }

  /** An event as of now, and what comes with it. */
  #next(played: WorldItem): Message[] {
    const random = this.#random;
    const now = retimed(played, Date.now() as Instant, this.#until);
    let item = about(random.chance(1 / 3) ? HOT : nameOf(played), now);
    // Where it is tidy, one customer has them all: whoever has one is not compared (V8).
    if (random.chance(0.02)) item = moved(this.#options.tidy ? about(HOT, item) : item, -random.between(60_000, MOST_BACK_MS));
    const message = this.#message(item, item.broken !== undefined);
    const messages = [message];
    if (item.broken !== undefined) return messages;
    if (random.chance(0.02)) messages.push(message);
    const elsewhere = item.type === 'survey' || this.#everywhere;
    if (elsewhere && random.chance(0.01)) messages.push({ ...message, partition: random.integer(0, this.customers.length - 1) });
    if (random.chance(0.004)) messages.push(this.#message(moved(item, Date.now() + HOUR / 2 - item.record.occurredAt), true));
    if (random.chance(0.004)) messages.push({ ...message, value: message.value.subarray(0, -1), poison: true });
    return messages;
  }

  #message(item: Sendable, poison: boolean): Message {
    this.#made += 1;
    const { app, canary } = this.#options;
    const source = app.sourceOf(item.type);
    const said = withWord(item, canary);
    const { record } = item;
    this.named.add(record.customerId);
    // Surveys are keyed by what nobody should key by, but for what is to be in order.
    const foreign = item.type === 'survey' && record.occurredAt >= (this.orderedUntil ?? 0);
    const key = Buffer.from(foreign ? record.eventId : record.customerId);
    const value = item.raw === undefined ? app.encode(source, said) : Buffer.from(item.raw);
    return { topic: source.topic, partition: partitionOf(key, app.config.shards), key, value, poison };
  }

  /** Sends until it has been answered, or the feed is stopped. */
  async #surely(messages: readonly Message[]): Promise<void> {
    const topicMessages = [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      messages: of.map(({ partition, key, value, poison }) => ({ partition, key, value, headers: poison ? { [POISON]: 'yes' } : {} })),
    }));
    do {
      try {
        this.#send ??= connect(this.#options.app.config.kafka);
        await this.#send.batch(topicMessages);
        return;
      } catch (error) {
        log.debug({ error: String(error) }, 'the feed begins anew');
        await this.#send?.close();
        this.#send = null;
      }
    } while (!this.#stopped);
  }
}

type Batch = NonNullable<ProducerBatch['topicMessages']>;

interface Sender {
  batch(topicMessages: Batch): Promise<void>;
  close(): Promise<void>;
}

function connect(kafka: KafkaConfig): Sender {
  const sockets = createSockets();
  const producer = createClient(kafka, log, {
    clientId: 'chaos-feed',
    requestTimeout: 3_000,
    retry: { initialRetryTime: 100, retries: 3 },
    socketFactory: sockets.factory,
  }).producer({
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? Number.NaN,
  });
  let ready: Promise<void> | null = null;
  return {
    batch: async (topicMessages) => {
      ready ??= producer.connect();
      await ready;
      await producer.sendBatch({ acks: -1, topicMessages });
    },
    // Cut, not closed politely: nothing of it may arrive later than the end of the feed.
    close: async () => {
      sockets.cut();
      await Promise.race([producer.disconnect().catch(() => undefined), sleep(500)]);
    },
  };
}

/** So long that it stands in no log by accident, as a part of something else. */
export const nameOf = ({ customerId }: WorldItem): string => `customer-${customerId}`;

/** The same event of another customer. */
export function about<T extends TypedRecord>(customerId: string, item: T): T {
  return { ...item, customerId, record: { ...item.record, customerId } };
}

function moved<T extends TypedRecord>(item: T, by: number): T {
  const { eventId, occurredAt } = item.record;
  return { ...item, record: { ...item.record, eventId: `${eventId}-moved`, occurredAt: Math.round(occurredAt + by) } };
}

/** The same event; where a customer has said something, with a word more. */
export function withWord(item: Sendable, word: string): Sendable {
  if (item.type === 'survey') return { ...item, record: { ...item.record, comment: `${item.record.comment ?? ''} ${word}` } };
  if (item.type === 'support') return { ...item, record: { ...item.record, comment: `${item.record.comment ?? ''} ${word}` } };
  return item;
}
