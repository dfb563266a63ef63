/** Small questions about records and their bytes, which every check asks. */
import type { Header, LogRecord, TopicPartition } from '../../src/engine/ports.ts';

export const named = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

export const sameBytes = (a: Buffer | null, b: Buffer | null): boolean => a === b || (a !== null && b !== null && a.equals(b));

const sameHeaders = (a: readonly Header[], b: readonly Header[]): boolean =>
  a === b || (a.length === b.length && a.every((header, i) => header.key === b[i]?.key && sameBytes(header.value, b[i]?.value ?? null)));

type Content = Pick<LogRecord, 'key' | 'value' | 'headers'>;

/** Key, value and headers in order; not when it was written, nor where. */
export const sameContent = (a: Content, b: Content): boolean =>
  sameBytes(a.value, b.value) && sameBytes(a.key, b.key) && sameHeaders(a.headers, b.headers);

/** The id that readers of an output go by. */
export const idOf = ({ headers }: Pick<LogRecord, 'headers'>): string => String(headers.find(({ key }) => key === 'ce_id')?.value);

/** Index of the first record at or after an offset. */
export function indexAt(records: readonly { readonly offset: number }[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
