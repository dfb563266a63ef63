/**
 * Numbers, money, instants and names as people read them; in the reader's language and time zone. Pure.
 */
import type { Change, CustomerAnswer } from '../http/api.ts';

const NONE = '–';
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, signDisplay: 'exceptZero' });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

export const count = (value: number | null | undefined): string => (value == null ? NONE : whole.format(value));
export const number = (value: number | null | undefined): string => (value == null ? NONE : tenth.format(value));
export const share = (value: number | null | undefined): string => (value == null ? NONE : percent.format(value));
const difference = (value: number): string => signed.format(value);
export const dateText = (at: number | null | undefined): string => (at == null ? NONE : date.format(at));
export const instantText = (at: number | null | undefined): string => (at == null ? NONE : clock.format(at));
/** The time alone where it is of the last twelve hours. */
export const timeText = (at: number, now: number = Date.now()): string => (now - at < 43_200_000 ? seconds : short).format(at);

/** Minor units as money. `digits` as ISO 4217 has them, which browsers do not for every currency. */
export function moneyIn(currency: string, digits: number): (minor: number | null | undefined) => string {
  const format = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  const round = new Intl.NumberFormat(undefined, { style: 'currency', currency, maximumFractionDigits: 0, minimumFractionDigits: 0 });
  const most = 100_000 * 10 ** digits;
  return (minor) => (minor == null ? NONE : (Math.abs(minor) < most ? format : round).format(minor / 10 ** digits));
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A length of time in its largest unit, or two: `3 d 4 h`. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return NONE;
  const parts: string[] = [];
  let rest = Math.abs(ms);
  for (const [unit, size] of UNITS) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || `${Math.round(Math.abs(ms))} ms`;
}

/** In how long, or how long ago. */
export function fromNow(at: number | null | undefined, now: number = Date.now()): string {
  if (at == null) return NONE;
  return at > now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`;
}

const NAMES: Readonly<Record<string, string>> = {
  NEW: 'New',
  CHAMPION: 'Champions',
  POTENTIAL_CHAMPION: 'Potential Champions',
  LOYALIST: 'Loyalists',
  AT_RISK: 'At-Risk',
  csat: 'CSAT',
  nps: 'NPS',
  churn12: 'churn, 12 months',
  retention12: 'retention, 12 months',
};

/** `POTENTIAL_CHAMPION` → Potential Champions, `LOYALTY_INACTIVE` → loyalty inactive, `averageOrder` → average order. */
export const nameOf = (word: string | null | undefined): string =>
  word == null
    ? 'first seen'
    : (NAMES[word] ?? (/^[A-Z_]+$/.test(word) ? word.replaceAll('_', ' ').toLowerCase() : word.replace(/([A-Z])/g, ' $1').toLowerCase()));

const CAUSES: Readonly<Record<Change['cause'], string>> = {
  event: 'an event',
  silence: 'silence',
  late_event: 'a late event',
  thresholds: 'new thresholds',
  unknown: 'unknown',
};

/** Why: the cause, and by how much what moved it most has moved. */
export function reasonOf(change: Change, money: (minor: number) => string): string {
  const moved = change.drivers
    .filter((driver) => driver.difference !== 0)
    .slice(0, 2)
    .map(({ name, difference: by }) => `${nameOf(name)} ${name === 'value' ? `${by > 0 ? '+' : ''}${money(by)}` : difference(by)}`);
  return [CAUSES[change.cause], ...moved].join(', ');
}

type Condition = CustomerAnswer['changesWhen'][number]['conditions'][number];

/** What would have to be otherwise, all of it. */
export function wayText(conditions: readonly Condition[], money: (minor: number | null) => string): string {
  if (conditions.length === 0) return 'only waits until the group is kept no longer';
  return conditions
    .map(({ score, is, atLeast, below }) => {
      const said = (value: number | null): string => (score === 'value' ? money(value) : number(value));
      const bound = atLeast === null ? `below ${said(below)}` : `at least ${said(atLeast)}`;
      return `${nameOf(score)} ${bound} (is ${is === null ? 'without evidence' : said(is)})`;
    })
    .join(' and ');
}
