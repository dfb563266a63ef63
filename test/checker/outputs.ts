/** What stood in the output topics, decoded once, in log order partition by partition. Boundary: the schemas that this release writes. */
import { type AvroType, avroType } from '../../src/codec/schemas.ts';
import type {
  AlertRecord,
  DeadLetterRecord,
  KpiRecord,
  ProfileRecord,
  SchemaName,
  SegmentChangeRecord,
  ThresholdsRecord,
} from '../../src/codec/types.ts';
import { idOf } from './bytes.ts';
import type { Evidence, Partitions } from './evidence.ts';
import type { Findings } from './findings.ts';

/** A record with where it stands, its record's key, and the id that readers go by. */
export type Keyed<R> = R & { readonly partition: number; readonly key: string; readonly id: string };

export interface Told<R> {
  readonly partition: number;
  readonly offset: number;
  /** null where the bytes are not of the schema */
  readonly record: Keyed<R> | null;
}

export interface Outputs {
  readonly changes: readonly Told<SegmentChangeRecord>[];
  readonly profiles: readonly Told<ProfileRecord>[];
  readonly alerts: readonly Told<AlertRecord>[];
  readonly letters: readonly Told<DeadLetterRecord>[];
  readonly kpis: readonly Told<KpiRecord>[];
  readonly thresholds: readonly Told<ThresholdsRecord>[];
}

export const sound = <R>(told: readonly Told<R>[]): Keyed<R>[] => told.flatMap(({ record }) => (record === null ? [] : [record]));

export const SCHEMA_OF = {
  segmentChanges: 'out/segment-change',
  profiles: 'out/profile',
  alerts: 'out/alert',
  deadLetters: 'out/dead-letter',
  kpis: 'out/kpi',
  thresholds: 'out/thresholds',
} as const satisfies Partial<Record<keyof Evidence['settings']['topics'], SchemaName>>;

/** What cannot be read is reported as V2: no step writes it. */
export function readOutputs({ settings: { topics }, seen }: Evidence, findings: Findings): Outputs {
  const read = <R extends object>(name: keyof typeof SCHEMA_OF): Told<R>[] => {
    const topic = topics[name];
    const type = avroType(SCHEMA_OF[name]);
    return (seen.get(topic) ?? ([] as Partitions)).flatMap((records, partition) =>
      records.map(({ offset, key, value, headers }): Told<R> => {
        const record = value === null ? null : readAs<R>(type, value);
        if (record === null) {
          findings.add('V2', `${topic}-${partition}@${offset}`, `is no record of ${SCHEMA_OF[name]}`);
          return { partition, offset, record: null };
        }
        return { partition, offset, record: Object.assign(record, { partition, key: String(key), id: idOf({ headers }) }) };
      }),
    );
  };
  return {
    changes: read('segmentChanges'),
    profiles: read('profiles'),
    alerts: read('alerts'),
    letters: read('deadLetters'),
    kpis: read('kpis'),
    thresholds: read('thresholds'),
  };
}

/** Behind the magic byte and the schema's id. */
function readAs<R extends object>(type: AvroType, value: Buffer): R | null {
  try {
    return type.fromBuffer(value.subarray(5));
  } catch {
    // what is wrong with it is said by the caller, with its place
    return null;
  }
}
