/**
 * Decodes what waits raw in the inboxes of a shard, while the step before commits: a rerouted record as one of the topic that it came from. What decoding needs
 * is fetched first, patiently; the decoding itself is pure and never fails (I11: a record that cannot be read is a dead letter).
 */
import type { Engine } from './engine.ts';
import type { Input, Item } from './input.ts';
import { originOf } from './reroute.ts';

export interface DecodingContext {
  readonly engine: Engine;
  readonly inputs: readonly Input[];
  readonly reroute: Input;
  /** Awaits and then checks that the shard is still held. */
  readonly held: <T>(promise: Promise<T>) => Promise<T>;
  /** Tries again, with growing pauses and one log line, while the promise fails with Retryable. */
  readonly patiently: <T>(what: string, attempt: () => Promise<T>) => Promise<T>;
}

export async function decodeWaiting({ engine, inputs, reroute, held, patiently }: DecodingContext): Promise<void> {
  const { decoder } = engine.ports;
  for (const input of inputs) {
    for (let raw = input.nextRaw(); raw !== undefined; raw = input.nextRaw()) {
      const { records, next } = raw;
      const found = records.map((record) => ({ input, record, origin: originOf(record, input.tp, input === reroute) }));
      for (const [topic, of] of Map.groupBy(found, ({ origin }) => origin.topic)) {
        const prepare = () =>
          decoder.prepare(
            topic,
            of.map(({ record }) => record),
          );
        await held(patiently('the schema registry', prepare));
      }
      const items = found.map((item): Item => ({ ...item, decoded: decoder.decode(item.origin.topic, item.record) }));
      input.decodedBatch(items, next);
    }
  }
}
