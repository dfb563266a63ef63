/** Evidence of a run of the test driver. Boundary: in memory; without a recorder what was deleted on the way is missing, so the cleaner must not have run. */
import { localCodec } from '../../src/codec/local.ts';
import { LIMITS, type Settings } from '../../src/engine/engine.ts';
import type { MemoryKafka, TestDriver } from '../../src/testing.ts';
import type { Evidence, Partitions, StoreImage } from './evidence.ts';
import { Recorder } from './recorder.ts';

/** Inputs, reroute, journal and outputs. */
const topicsOf = ({ sources, topics }: Pick<Settings, 'sources' | 'topics'>): string[] => [
  ...sources.map(({ topic }) => topic),
  ...Object.values(topics),
];

/** A reader of all topics of a driver; to be made before the first worker. */
export const recorderOf = ({ kafka, settings }: Pick<TestDriver, 'kafka' | 'settings'>): Recorder =>
  new Recorder(kafka, topicsOf(settings));

/** What stands in these topics now. */
const keptIn = (kafka: MemoryKafka, topics: readonly string[]): Map<string, Partitions> =>
  new Map(
    topics.map((topic) => [topic, Array.from({ length: kafka.partitions(topic) }, (_, partition) => kafka.records(topic, partition))]),
  );

export function imageOf(store: TestDriver['store'], shard: number): StoreImage | null {
  const meta = store.standing(shard);
  return meta === null ? null : { meta, states: store.states(shard), due: store.timers(shard) };
}

/**
 * @param recorder made before the first worker; null: all is still there
 * @param more what a driver does not know, in place of nothing
 */
export function evidenceOf(driver: TestDriver, recorder: Recorder | null = null, more: Partial<Evidence> = {}): Evidence {
  const { settings, kafka, store } = driver;
  recorder?.read();
  const kept = keptIn(kafka, topicsOf(settings));
  const { decoder, encoder } = localCodec(settings);
  return {
    settings,
    decoder,
    encoder,
    limits: { foldedCells: LIMITS.foldedCells, future: LIMITS.future },
    publishes: false,
    seen: recorder?.seen ?? kept,
    kept,
    stores: Array.from({ length: settings.shards }, (_, shard) => imageOf(store, shard)),
    samples: [],
    words: [],
    canaries: [],
    poison: [],
    ends: [],
    drainedAfterMs: 0,
    ...more,
  };
}
