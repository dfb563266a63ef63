/**
 * Faults of the configuration, gathered so that one run of the program shows all of them. Boundary: no files, no environment.
 * No fault ever carries a secret: whoever makes one decides what may be quoted.
 */
export interface Fault {
  /** a variable, or `file:line:column` */
  readonly where: string;
  /** what is wrong, and the cure */
  readonly message: string;
}

/** The configuration cannot be used. The message lists every fault; nothing was started. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const sorted = [...faults].sort((a, b) => order(a.where, b.where));
    const head = sorted.length === 1 ? 'The configuration has a fault:' : `The configuration has ${sorted.length} faults:`;
    super([head, ...sorted.map((fault) => `  ${fault.where}: ${fault.message}`)].join('\n'));
    this.name = 'ConfigError';
    this.faults = sorted;
  }
}

/** Variables first, then each file from top to bottom. */
function order(a: string, b: string): number {
  const [fileA, lineA, columnA] = place(a);
  const [fileB, lineB, columnB] = place(b);
  return compare(fileA, fileB) || lineA - lineB || columnA - columnB || (lineA === 0 ? compare(a, b) : 0);
}

function place(where: string): [file: string, line: number, column: number] {
  const match = /^(.*):(\d+):(\d+)$/s.exec(where);
  return match ? [match[1] ?? '', Number(match[2]), Number(match[3])] : ['', 0, 0];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** ` Did you mean x?`, or nothing when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const limit = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best === null ? '' : ` Did you mean ${best}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); gives up with `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [before, previous] = [previous, row];
  }
  return Math.min(previous[b.length] ?? limit, limit);
}

/** A value as it may be quoted in a fault: short, on one line. Never for secrets. */
export function quote(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? 'a list or mapping' : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
