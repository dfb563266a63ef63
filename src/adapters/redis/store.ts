/**
 * The port `StateStore` on Redis: the state of every customer of a shard as of the last committed steps. Boundary: keys, scripts and replies; connecting is
 * connection.ts. Keeps I6 (apply.v2.lua moves `next` from a to b only if it is at a) and I7 (all of a generation under one hash tag, read in one MULTI).
 */
import type { CustomerId, Instant } from '../../domain/ids.ts';
import { Retryable } from '../../engine/errors.ts';
import type { Chunk, DueCustomer, Logger, Meta, StateStore, Stored, StoredTotal } from '../../engine/ports.ts';
import { Availability } from './availability.ts';
import { packEntries, unpackStored } from './bytes.ts';
import type { Client, Connection } from './connection.ts';
import { reactionTo } from './errors.ts';
import { customerKey, customerPrefix, dueKey, keysOf, type ShardKeys, totalsKey } from './keys.ts';
import { ask, run, SCRIPTS } from './scripts.ts';
import { checkServers } from './server.ts';
import { removeApplication, sweepShard } from './sweep.ts';

type Load = Awaited<ReturnType<StateStore['load']>>;
type Totals = Awaited<ReturnType<StateStore['totals']>>;

const META = ['generation', 'next', 'header'] as const;
const INFINITE = 'none';

export class RedisStore implements StateStore {
  readonly #connection: Connection;
  readonly #applicationId: string;
  readonly #availability: Availability;

  constructor(connection: Connection, applicationId: string, log: Logger) {
    this.#connection = connection;
    this.#applicationId = applicationId;
    this.#availability = new Availability(log);
  }

  check(): Promise<void> {
    return this.#call(checkServers);
  }

  meta(shard: number): Promise<Meta | null> {
    return this.#call(async (client) => metaOf(await client.hmgetBuffer(this.#keys(shard).meta, ...META)));
  }

  load(shard: number, generation: number, customers: readonly CustomerId[], until: Instant, limit: number): Promise<Load> {
    return this.#call(async (client) => {
      const keys = this.#keys(shard);
      const timers = dueKey(keys, generation);
      const names = customers.map((customer) => customerKey(keys, generation, customer));
      const multi = client.multi().hmgetBuffer(keys.meta, ...META);
      // One more than asked for: when there is one, it is the next.
      multi.zrangebyscore(timers, '-inf', until, 'WITHSCORES', 'LIMIT', 0, limit + 1);
      multi.zrangebyscore(timers, `(${until}`, '+inf', 'WITHSCORES', 'LIMIT', 0, 1);
      if (names.length > 0) multi.mgetBuffer(names);
      const [head, near, far, values] = repliesOf(await multi.exec());
      const meta = metaOf(head as (Buffer | null)[]);
      if (meta?.generation !== generation) return { meta, states: customers.map(() => null), due: [], nextDue: null };
      const due = timersOf(near as string[]);
      const next = due.length > limit ? due.pop() : timersOf(far as string[])[0];
      const states = ((values ?? []) as (Buffer | null)[]).map((value) => value && unpackStored(value));
      return { meta, states, due, nextDue: next?.due ?? null };
    });
  }

  totals(shard: number, after: number, limit: number): Promise<Totals> {
    return this.#call(async (client) => {
      const keys = this.#keys(shard);
      const [generation, next, header, more, ...found] = await ask(client, SCRIPTS.totals, [keys.meta], [keys.prefix, after, limit]);
      const meta = metaOf([generation, next, header] as (Buffer | null)[]);
      return { meta, cells: totalsOf(found as Buffer[]), more: more === 1 };
    });
  }

  apply(shard: number, { generation, at, from, entries, to }: Chunk): Promise<'applied' | 'rejected'> {
    return this.#call(async (client) => {
      const keys = this.#keys(shard);
      const prefix = customerPrefix(keys, generation);
      const names = [keys.meta, dueKey(keys, generation), totalsKey(keys, generation)];
      for (const { customer } of entries) names.push(prefix + customer);
      const args = [generation, at, to?.next ?? '', to?.header ?? '', Buffer.byteLength(prefix), packEntries(entries), from];
      return (await run(client, SCRIPTS.apply, names, args)) === 1 ? 'applied' : 'rejected';
    });
  }

  build(shard: number, generation: number, from: number): Promise<'started' | 'rejected'> {
    return this.#call(async (client) => {
      return (await run(client, SCRIPTS.build, [this.#keys(shard).meta], [generation, from])) === 1 ? 'started' : 'rejected';
    });
  }

  promote(shard: number, generation: number, at: number): Promise<'promoted' | 'rejected'> {
    return this.#call(async (client) => {
      return (await run(client, SCRIPTS.promote, [this.#keys(shard).meta], [generation, at])) === 1 ? 'promoted' : 'rejected';
    });
  }

  sweep(shard: number): Promise<void> {
    return this.#call((client) => sweepShard(client, this.#keys(shard)));
  }

  writeOwn(shard: number, watermark: Instant | null): Promise<void> {
    return this.#call(async (client) => {
      await client.set(this.#keys(shard).own, watermark ?? INFINITE);
    });
  }

  readOwns(shards: number): Promise<readonly (Instant | null | undefined)[]> {
    return this.#call(async (client) => {
      const read = Array.from({ length: shards }, (_, shard) => client.get(this.#keys(shard).own));
      return (await Promise.all(read)).map((text) => (text === null ? undefined : text === INFINITE ? null : (Number(text) as Instant)));
    });
  }

  /** A customer and the meta of the same instant, for readers that know no generation; null when the shard has none. */
  async readCustomer(shard: number, customer: CustomerId): Promise<{ readonly meta: Meta; readonly stored: Stored | null } | null> {
    let known = await this.meta(shard);
    while (known !== null) {
      const { meta, states } = await this.load(shard, known.generation, [customer], 0 as Instant, 0);
      if (meta !== null && meta.generation === known.generation) return { meta, stored: states[0] ?? null };
      // Another generation was promoted in between.
      known = meta;
    }
    return null;
  }

  /** Removes every key of the application, of all its shards. Returns how many. */
  removeAll(): Promise<number> {
    return this.#call((client) => removeApplication(client, this.#applicationId));
  }

  stop(): Promise<void> {
    return this.#connection.stop();
  }

  #keys(shard: number): ShardKeys {
    return keysOf(this.#applicationId, shard);
  }

  async #call<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    try {
      const answer = await ask(await this.#connection.client());
      this.#connection.error = null;
      this.#availability.succeeded();
      return answer;
    } catch (thrown) {
      const error = reactionTo(thrown, this.#connection.error);
      if (error instanceof Retryable) this.#availability.failed(error);
      throw error;
    }
  }
}

/** The replies within an EXEC, each of which may have failed alone. */
function repliesOf(answer: [Error | null, unknown][] | null): unknown[] {
  if (answer === null) throw new Retryable('Redis did not execute a transaction');
  return answer.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

function metaOf([generation, next, header]: (Buffer | null)[]): Meta | null {
  if (!generation || !next || !header) return null;
  return { generation: Number(generation.toString()), next: Number(next.toString()), header };
}

/** Members and scores by turns. */
function timersOf(reply: string[]): DueCustomer[] {
  const timers: DueCustomer[] = [];
  for (let i = 0; i < reply.length; i += 2) timers.push({ customer: reply[i] as CustomerId, due: Number(reply[i + 1]) as Instant });
  return timers;
}

/** Keys and values by turns. */
function totalsOf(reply: Buffer[]): StoredTotal[] {
  const totals: StoredTotal[] = [];
  for (let i = 0; i + 1 < reply.length; i += 2) {
    const [key, value] = [reply[i], reply[i + 1]] as [Buffer, Buffer];
    totals.push({ key: key.toString(), ...unpackStored(value) });
  }
  return totals;
}
