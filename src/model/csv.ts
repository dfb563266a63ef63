/**
 * Purchases as CSV: a header that names `customer_id`, `date` and `amount`, in any order and among others, then one order a line (RFC 4180,
 * except that a field does not go on in the next line). An amount below 0 is money given back. Pure; faults name the column, never a value.
 */
import { customerIdFault, dayOf, type Instant, LAST_INSTANT } from '../domain/ids.ts';
import { parseTime } from '../sources/time.ts';

export interface CsvOrder {
  readonly customer: string;
  readonly day: number;
  /** in minor units; below 0: money given back */
  readonly amount: number;
}

const COLUMNS = ['customer_id', 'date', 'amount'] as const;
/** minor units, as of events */
const MOST_MINOR = 1e12;

/** What a line says, or what is wrong with it and the cure. */
export type CsvRow = (line: string) => CsvOrder | string;

/** How to read the lines below this header, or what is wrong with it. `digits` of the currency's minor unit. */
export function csvReader(header: string, digits: number): CsvRow | string {
  const names = fieldsOf(header.replace(/^\uFEFF/, ''))?.map((name) => name.trim().toLowerCase());
  const missing = COLUMNS.filter((column) => !names?.includes(column));
  if (names === undefined || missing.length > 0)
    return `the header lacks ${missing.join(', ')}: begin the file with a line such as customer_id,date,amount`;
  const [id, date, amount] = COLUMNS.map((column) => names.indexOf(column));
  return (line) => {
    const fields = fieldsOf(line);
    if (fields === undefined) return 'a quote is not closed, or stands within a field: quote the whole field and double the quotes in it';
    if (fields.length !== names.length)
      return `there are ${fields.length} fields and ${names.length} columns: quote fields that contain a comma`;
    const customer = fields[id ?? 0] ?? '';
    const fault = customerIdFault(customer);
    if (fault !== null) return `customer_id ${fault}: give 1 to 128 bytes of text`;
    const at = parseTime((fields[date ?? 0] ?? '').trim());
    if (at === null || at < 0 || at > LAST_INSTANT)
      return 'date is no date: write it as 2026-01-31, or with a time and a zone as 2026-01-31T10:00:00Z';
    const money = (fields[amount ?? 0] ?? '').trim();
    const minor = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(money) ? Math.round(Number(money) * 10 ** digits) : Number.NaN;
    if (!(Math.abs(minor) <= MOST_MINOR))
      return 'amount is no amount: write a plain number such as 19.90, without a currency or separators';
    return { customer, day: dayOf(at as Instant), amount: minor + 0 };
  };
}

/** The fields of a line; undefined when its quotes are not in order. */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = pattern.exec(line);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
}
