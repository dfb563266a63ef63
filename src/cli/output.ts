/**
 * What commands print and how they end when they are told to: tables, instants, money, and work that a signal may cut short.
 * Boundary: knows no command. Errors and exit codes are command.ts's.
 */
import Table from 'cli-table3';
import { digitsOf, toMajor } from '../config/currency.ts';
import { interrupted } from './command.ts';

/** One line on stderr, also where a progress line stands. */
export function say(line: string): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[2K' : ''}${line}\n`);
}

/** No lines between cells: two spaces. */
const PLAIN = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((place) => [place, '']),
);

/** Columns whose name begins with `#` hold numbers. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const made = new Table({
    head: head.map((name) => name.replace(/^#/, '')),
    colAligns: head.map((name) => (name.startsWith('#') ? 'right' : 'left')),
    chars: { ...PLAIN, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) made.push(row.map((cell) => cell ?? '–'));
  return made.toString().replace(/ +$/gm, '');
}

/** ISO 8601 in UTC, to the second; a dash for none. */
export const instantText = (at: number | null): string => (at === null ? '–' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'));

/** A length of time in its two largest units: `3 d 4 h`. */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(ms / 1_000));
  for (const [unit, seconds] of UNITS) {
    if (rest >= seconds) parts.push(`${Math.floor(rest / seconds)} ${unit}`);
    rest %= seconds;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** Minor units of a currency in major units: `512.30 USD`. */
export function moneyText(minor: number, currency: string): string {
  return `${minor < 0 ? '−' : ''}${toMajor(Math.round(Math.abs(minor)), digitsOf(currency) ?? 0)} ${currency}`;
}

/** How long work that was interrupted may take to end what it has begun. */
const GRACE_MS = 5_000;

/**
 * Work that looks at `stopped`, which aborts at the first SIGINT or SIGTERM, and then ends by itself. When what it waits for is away and it does not,
 * the process ends with 1, whatever a client library still tries.
 */
export async function interruptible<T>(work: (stopped: AbortSignal) => Promise<T>): Promise<T> {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  void interrupted().then(() => {
    stopped.abort();
    timer = setTimeout(() => {
      say('rapport: interrupted; what was under way could not be finished');
      process.exit(1);
    }, GRACE_MS);
  });
  try {
    return await work(stopped.signal);
  } finally {
    clearTimeout(timer);
  }
}
