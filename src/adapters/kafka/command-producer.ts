/**
 * A producer of single records for whoever waits for the outcome: idempotent, all replicas, an answer within a time. One send after another. After a failure the producer is
 * thrown away: a broker that had taken the last batch all the same would take the next one, with the same sequence, for a repetition of it, and lose it without a word.
 */
import type { Logger } from 'pino';
import { Retryable } from '../../engine/errors.ts';
import type { KafkaSettings } from './client.ts';
import { createPlainProducer, type PlainProducer } from './produce.ts';
import { within } from './sinks.ts';

/** ms for a send, with its turn and the connecting */
const PATIENCE_MS = 5_000;
/** Whoever comes when so many wait would wait in vain. */
const MOST_WAITING = 64;
const ATTEMPTS = { requestTimeout: 3_000, retries: 3 };

type Started = Awaited<ReturnType<typeof createPlainProducer>>;

/** Connects at the first send. `produce` throws Retryable when no answer came in time: what was sent may have been taken. */
export function createCommandProducer(
  config: KafkaSettings,
  log: Logger,
  patienceMs = PATIENCE_MS,
): { value: PlainProducer; stop(): Promise<void> } {
  let current: Promise<Started> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const abandon = (): void => {
    const starting = current;
    current = null;
    // It may still be connecting; what it says by now is for nobody.
    void starting?.then((started) => started.stop()).catch(() => undefined);
  };

  const send: PlainProducer['produce'] = async (topic, records) => {
    current ??= createPlainProducer(config, log, ATTEMPTS);
    await (await current).value.produce(topic, records);
  };

  return {
    value: {
      async produce(topic, records) {
        if (waiting >= MOST_WAITING) throw new Retryable(`${waiting} records wait for Kafka already`);
        waiting += 1;
        const until = performance.now() + patienceMs;
        const mine = turn.then(async () => {
          try {
            await within(send(topic, records), Math.max(1, until - performance.now()), `producing to ${topic}`);
          } catch (error) {
            abandon();
            throw error;
          }
        });
        turn = mine.catch(() => undefined);
        try {
          await mine;
        } finally {
          waiting -= 1;
        }
      },
    },
    async stop() {
      await turn;
      const starting = current;
      current = null;
      await starting?.then(
        (started) => started.stop(),
        () => undefined,
      );
    },
  };
}
