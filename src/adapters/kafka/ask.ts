/**
 * Questions to the cluster over one admin client, connected on first use and replaced when it may be stuck. Boundary: knows nothing of the questions, but
 * that each may be asked twice; every failure leaves as a reaction (errors.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Logger } from 'pino';
import { Halt, Retryable } from '../../engine/errors.ts';
import { createClient, createSockets, type KafkaSettings } from './client.ts';
import { asError, isProtocolError, reactionTo } from './errors.ts';
import { within } from './sinks.ts';

/** Half of it for a broker that does not answer: kafkajs then asks another one. What waits for an answer, a shard's timers among it, waits no longer. */
const ANSWER_MS = 12_000;
const SETTLE_MS = 2_000;
const POLL_MS = 50;

export interface Asker {
  /** `doing` stands in the message of what it throws: "Kafka is away while …". */
  ask<T>(doing: string, question: (admin: Admin) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export function createAsker(config: KafkaSettings, log: Logger): Asker {
  const connect = () => {
    const sockets = createSockets();
    const client = createClient(config.kafka, log, {
      clientId: `${config.applicationId}-admin`,
      requestTimeout: ANSWER_MS / 2,
      retry: { initialRetryTime: 50, retries: 5 },
      socketFactory: sockets.factory,
    }).admin();
    const close = (): Promise<void> =>
      within(client.disconnect(), 1_000, 'closing the admin client')
        .catch((error) => log.debug({ error: asError(error).message }, 'the admin client did not close in time'))
        .finally(() => sockets.cut());
    return { client, ready: client.connect(), close };
  };
  let open: ReturnType<typeof connect> | null = null;

  const ask = async <T>(doing: string, question: (admin: Admin) => Promise<T>): Promise<T> => {
    const giveUp = performance.now() + SETTLE_MS;
    for (;;) {
      open ??= connect();
      const used = open;
      try {
        const answer = used.ready.then(() => question(used.client));
        return await within(answer, ANSWER_MS, doing);
      } catch (error) {
        const reaction = reactionTo(error, doing);
        if (!isProtocolError(error)) {
          // Another question may have thrown the client away meanwhile: then what this one failed of says nothing.
          const gone = open !== used;
          // kafkajs keeps a connection that gives no answer: the next question has a client of its own.
          if (!gone) open = null;
          void used.close();
          throw gone && !(reaction instanceof Halt) ? new Retryable(`Kafka is away while ${doing}`, { cause: error }) : reaction;
        }
        // A broker that has just become a leader, or just stopped being one, says so for a moment.
        if (!(reaction instanceof Retryable) || performance.now() > giveUp) throw reaction;
        await sleep(POLL_MS);
      }
    }
  };

  return {
    ask,
    async stop() {
      const used = open;
      open = null;
      await used?.close();
    },
  };
}
