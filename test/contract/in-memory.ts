/**
 * The harness of the contract suites on the in-memory Kafka, in surroundings that are given: those of tests of the adapters, or a simulation's. One world for both, and a link that
 * can be cut, held and delayed, so that they are also held to what a client does behind such a link.
 * Boundary: time is the surroundings' own, which goes on by itself. The link keeps order as a connection does, but for what is sent side by side.
 */
import { MemoryKafka, type MemoryKafkaOptions } from '../../src/adapters/memory/kafka.ts';
import type { Link } from '../../src/adapters/memory/link.ts';
import { memoryLogs } from '../../src/adapters/memory/logs.ts';
import { type MemorySinks, memorySinks } from '../../src/adapters/memory/sinks.ts';
import { MemorySource } from '../../src/adapters/memory/source.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { Clock, OutRecord } from '../../src/engine/ports.ts';
import type { Resource } from '../../src/stack/resource.ts';
import type { HurtWorld, LinkHarness, LinkRig, World, WorldOptions } from './harness.ts';

const PATIENCE = 10_000;
const MAX_RECORD_BYTES = 20_000;
const TRANSACTION_MS = 4_000;
/** how long a client waits for one answer */
const ANSWER_MS = TRANSACTION_MS / 3;
/** Each way, and always, so that a commit takes some time in which it can be hurt. */
const LINK_MS = 2;
const HEARTBEAT_MS = 20;

/** Time, and a client's way to the servers. */
export interface Surroundings {
  readonly clock: Clock;
  /** what the servers do by themselves */
  readonly servers: MemoryKafkaOptions;
  client(name: string): { readonly link: Link; readonly clock: Clock };
}

export interface InMemoryWorld extends World {
  readonly kafka: MemoryKafka;
  readonly sinks: MemorySinks;
  source(): MemorySource;
}

export interface InMemoryHarness extends LinkHarness {
  world(options?: WorldOptions): Promise<InMemoryWorld>;
}

/** A link that a test can hurt, on the way to another one: all that is asked and answered. What `soon` brings (fetches, heartbeats) passes it unhurt. */
class HurtLink implements Link {
  readonly #to: Link;
  readonly #faults: Faults;

  constructor(to: Link, faults: Faults) {
    this.#to = to;
    this.#faults = faults;
  }

  async call<T>(what: string, effect: () => T): Promise<T> {
    const { clock, connection } = this.#faults;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const lost = (): void => reject(new Retryable(`the link is cut: ${what}`));
    if (connection.signal.aborted) lost();
    connection.signal.addEventListener('abort', lost, { once: true });
    const over = new AbortController();
    void clock.sleep(ANSWER_MS, over.signal).then(() => reject(new Retryable(`no answer to ${what}`)));
    const answered = async (): Promise<void> => {
      if (!(await this.#faults.pass('toServer', connection))) return;
      const [answer] = await Promise.allSettled([this.#to.call(what, effect)]);
      if (!(await this.#faults.pass('toClient', connection))) return;
      if (answer.status === 'fulfilled') resolve(answer.value);
      else reject(answer.reason);
    };
    void answered();
    try {
      return await promise;
    } finally {
      over.abort();
      connection.signal.removeEventListener('abort', lost);
    }
  }

  soon(what: string, action: () => void): void {
    this.#to.soon(what, action);
  }
}

/** What the links of a rig suffer. As of a proxy: what is cut is lost, and what is held is not, though its sender may have given up on it. */
class Faults {
  readonly clock: Clock;
  /** aborted while it is cut */
  connection = new AbortController();
  #delays = { toServer: 0, toClient: 0 };
  #held: PromiseWithResolvers<void> | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  readonly link: LinkRig['link'] = {
    setDelay: (delay) => {
      this.#delays = typeof delay === 'number' ? { toServer: delay, toClient: delay } : delay;
    },
    cut: () => this.connection.abort(),
    hold: () => {
      this.#held ??= Promise.withResolvers();
    },
    resume: async () => {
      if (this.connection.signal.aborted) this.connection = new AbortController();
      this.#held?.resolve();
      this.#held = null;
    },
  };

  /** Resolves when a message has passed, to whether it has. */
  async pass(way: 'toServer' | 'toClient', connection: AbortController): Promise<boolean> {
    await this.clock.sleep(LINK_MS + this.#delays[way]);
    while (this.#held !== null) await this.#held.promise;
    return !connection.signal.aborted;
  }
}

function worldIn(
  around: Surroundings,
  faults: Faults,
  { shards = 3, journalAppendTime = true }: WorldOptions = {},
): InMemoryWorld & HurtWorld {
  const kafka = new MemoryKafka(() => around.clock.wall(), around.servers);
  const [journal, reroute, output, group] = ['journal', 'reroute', 'out', 'g'];
  const inputs = ['in', 'in-too'] as const;
  for (const topic of [...inputs, reroute, output]) kafka.createTopic(topic, shards, { maxMessageBytes: MAX_RECORD_BYTES });
  kafka.createTopic(journal, shards, { appendTime: journalAppendTime, maxMessageBytes: MAX_RECORD_BYTES });
  const members: MemorySource[] = [];
  const client = (through: (link: Link) => Link) => {
    const own = around.client('a client');
    const link = through(own.link);
    const source = (): MemorySource => {
      const { clock, link: direct } = around.client(`member ${members.length}`);
      const topics = [...inputs, reroute, journal];
      const member = new MemorySource(kafka, { group, topics, shards, clock, heartbeatMs: HEARTBEAT_MS, link: through(direct) });
      members.push(member);
      return member;
    };
    return { link, sinks: memorySinks(kafka, 'app', journal, link), logs: memoryLogs(kafka, group, link), source };
  };
  const direct = client((link) => link);
  const hurt = client((link) => new HurtLink(link, faults));
  let strangers = 0;
  const write = (record: OutRecord) => ({ ...record, timestamp: kafka.now() });
  return {
    kafka,
    shards,
    inputs,
    reroute,
    journal,
    output,
    sinks: direct.sinks,
    logs: direct.logs,
    source: direct.source,
    hurt,
    produce: async (records) => records.map((record) => kafka.append(record.topic, record.partition, write(record)))[0] ?? -1,
    begin: async (records) => {
      const producer = kafka.producer(`stranger-${++strangers}`);
      for (const record of records) producer.send(record, [write(record)]);
      const ended = async (state: 'committed' | 'aborted'): Promise<void> => {
        producer.end(state);
        while (producer.ending) await direct.link.call('wait', () => undefined);
      };
      return { commit: () => ended('committed'), abort: () => ended('aborted') };
    },
    read: async ({ topic, partition }) => [...kafka.records(topic, partition)],
    stop: async () => {
      faults.link.setDelay(0);
      await faults.link.resume();
      await Promise.all(members.filter(({ alive }) => alive).map((member) => member.stop()));
    },
  };
}

/** @param start begins surroundings of their own for each world, and for each rig */
export function inMemoryHarness(start: () => Resource<Surroundings>): InMemoryHarness {
  return {
    maxRecordBytes: MAX_RECORD_BYTES,
    patience: PATIENCE,
    transactionTimeoutMs: TRANSACTION_MS,
    async world(options) {
      const around = start();
      const world = worldIn(around.value, new Faults(around.value.clock), options);
      return { ...world, stop: () => world.stop().finally(around.stop) };
    },
    async rig() {
      const around = start();
      const faults = new Faults(around.value.clock);
      const { link, clock } = faults;
      return { value: { link, clock, world: async (options) => worldIn(around.value, faults, options) }, stop: around.stop };
    },
  };
}
