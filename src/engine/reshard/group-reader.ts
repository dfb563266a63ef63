/**
 * Reads an application's own logs as the only member of its group: so that workers are seen who join meanwhile, and who find a member when they are counted. Nothing is
 * committed for the group. Boundary: stretches of logs; what stands in them is for others.
 */
import { Halt, Retryable } from '../errors.ts';
import type { Clock, LogRecord, Source, TopicPartition } from '../ports.ts';
import { PartitionReader } from '../reader.ts';

/** ms until the group has given us its shards */
const JOIN = 60_000;

interface Membership {
  readonly applicationId: string;
  readonly shards: number;
  /** its group's member, not started yet */
  readonly source: Source;
  readonly clock: Clock;
  readonly stopped: AbortSignal;
}

export class GroupReader {
  readonly #of: Membership;
  readonly #readers = new Map<string, PartitionReader>();
  readonly #over = new AbortController();
  readonly #joined = Promise.withResolvers<void>();
  #failure: Error | null = null;

  private constructor(of: Membership) {
    this.#of = of;
    this.#joined.promise.catch(() => undefined);
  }

  /** Throws Halt when the group has another member, Retryable when the brokers are away or `stopped` aborts. */
  static async join(of: Membership): Promise<GroupReader> {
    const reader = new GroupReader(of);
    const { clock, source, stopped, shards, applicationId } = of;
    const stop = (): void => reader.#fail(new Retryable('interrupted'));
    if (stopped.aborted) stop();
    stopped.addEventListener('abort', stop, { once: true });
    const patience = new AbortController();
    const late = async (): Promise<never> => {
      await clock.sleep(JOIN, patience.signal);
      throw new Retryable(`the group ${applicationId} has given no shards for ${JOIN / 1_000} s`);
    };
    try {
      await source.start({
        assigned: (mine) => {
          if (mine.length < shards) {
            reader.#fail(new Halt(`the group ${applicationId} has another member: stop all workers, then do it again`));
            return;
          }
          reader.#joined.resolve();
          for (const each of reader.#readers.values()) each.rejoined();
        },
        rebalancing: () => undefined,
        heartbeat: () => undefined,
        batch: (from, records, next) => reader.#readers.get(nameOf(from))?.offer(records, next) ?? 0,
        crashed: (error) => reader.#fail(error),
      });
      await Promise.race([reader.#joined.promise, late()]);
      return reader;
    } catch (error) {
      await source.stop();
      throw error;
    } finally {
      patience.abort();
    }
  }

  /** All committed records with `from` ≤ offset < `to`, a fetch at a time; `to` must not lie beyond the last stable offset. One read of a partition at a time. */
  async *read(of: TopicPartition, from: number, to: number): AsyncGenerator<readonly LogRecord[]> {
    this.check();
    const { source, clock } = this.#of;
    const reader = this.#readers.get(nameOf(of)) ?? new PartitionReader(of, source, clock);
    this.#readers.set(nameOf(of), reader);
    try {
      yield* reader.read(from, to, this.#over.signal);
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  /** Throws what has ended the membership, if anything has. */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async stop(): Promise<void> {
    this.#fail(new Retryable('the reader was stopped'));
    await this.#of.source.stop();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#joined.reject(this.#failure);
    this.#over.abort();
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
