/**
 * Instants as JSON writes them: epoch milliseconds, or ISO 8601 with a time zone (a date alone is midnight UTC). A date-time without a
 * zone would mean something else on every host, so it means nothing here. Pure.
 */
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2}):?(\d{2})))?$/;

/** Milliseconds since the epoch, fractions of one cut off; null when the value is no instant. */
export function parseTime(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  const match = typeof value === 'string' && value.length <= 40 ? ISO.exec(value) : null;
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!real || hour > 23 || minute > 59 || second > 59 || part(9) > 23 || part(10) > 59) return null;
  const offset = (match[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10));
  const millisecond = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millisecond;
}
