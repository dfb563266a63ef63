/**
 * CloudEvents 1.0 in Kafka's binary mode: the attributes are headers, the record is the value. Ids are hashes of what the record says,
 * never of when or where it was written, so that a consumer can drop what it has seen. Pure.
 */
import { hash } from 'node:crypto';
import type { Instant } from '../domain/ids.ts';
import type { Header } from './record.ts';

/** What is the same for every record of an application. */
export interface Application {
  readonly id: string;
  /** ISO 4217 code of the base currency */
  readonly currency: string;
  /** hash of the policy in force */
  readonly policy: string;
}

/** What an output says of itself, before it is encoded: `record` has the shape of its schema. */
export interface Output<R> {
  /** null where there is none to give */
  readonly key: Buffer | null;
  readonly record: R;
  readonly headers: readonly Header[];
}

/** The first 32 hex digits of SHA-256 over the parts, a zero byte between each two. */
export const idOf = (...parts: readonly (string | number)[]): string => hash('sha256', parts.join('\0')).slice(0, 32);

const header = (key: string, value: string): Header => ({ key, value: Buffer.from(value) });

const CONSTANT: readonly Header[] = [header('content-type', 'application/avro'), header('ce_specversion', '1.0')];

/** The headers of one record; `type` is its schema's name in kebab case. */
export function cloudEvent(app: Application, type: string, id: string, time: Instant): readonly Header[] {
  return [
    ...CONSTANT,
    header('ce_type', `rapport.${type}`),
    header('ce_source', `/rapport/${app.id}`),
    header('ce_id', id),
    header('ce_time', new Date(time).toISOString()),
  ];
}
