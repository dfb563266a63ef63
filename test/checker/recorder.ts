/** A read_committed reader of the in-memory Kafka, from before the first worker on: what is deleted later has been seen. Boundary: public calls of the cluster alone. */

import type { LogRecord } from '../../src/engine/ports.ts';
import type { MemoryKafka } from '../../src/testing.ts';
import type { Partitions } from './evidence.ts';

export class Recorder {
  readonly #kafka: MemoryKafka;
  readonly #logs = new Map<string, { readonly records: LogRecord[]; next: number }[]>();
  readonly #unsubscribe: () => void;

  /** Begins at once; call `stop` when it is read. */
  constructor(kafka: MemoryKafka, topics: readonly string[]) {
    this.#kafka = kafka;
    for (const topic of topics) this.#logs.set(topic, []);
    this.#unsubscribe = kafka.onChange(() => this.read());
    this.read();
  }

  /** All that is committed by now. */
  read(): void {
    for (const [topic, logs] of this.#logs) {
      const partitions = this.#kafka.partitions(topic);
      while (logs.length < partitions) logs.push({ records: [], next: 0 });
      for (const [partition, seen] of logs.entries()) {
        const log = this.#kafka.log({ topic, partition });
        if (log.stable <= seen.next) continue;
        const { records, next } = log.read(Math.max(seen.next, log.start));
        for (const record of records) seen.records.push(record);
        seen.next = next;
      }
    }
  }

  stop(): void {
    this.#unsubscribe();
  }

  get seen(): ReadonlyMap<string, Partitions> {
    return new Map([...this.#logs].map(([topic, logs]) => [topic, logs.map(({ records }) => records)]));
  }
}
