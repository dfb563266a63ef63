/** What waits as records, made: for those who look at all of them. */
import type { LogRecord, Records } from './ports.ts';

export function made(records: Records): LogRecord[] {
  const all: LogRecord[] = [];
  for (let i = 0, next = records.at(0); next !== undefined && i < records.length; next = records.at(++i)) all.push(next);
  return all;
}
