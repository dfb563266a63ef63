/**
 * Whether two peers did the same job: what was told of each customer and of each day, record by record. Pure. Numbers may differ in their last digits, as the mathematics libraries of two
 * languages do; nothing else may.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** By customer, in order; of profiles the last one. KPIs by day and dimension, the last one. */
export interface Said {
  readonly changes: ReadonlyMap<string, readonly Fields[]>;
  readonly alerts: ReadonlyMap<string, readonly Fields[]>;
  readonly profiles: ReadonlyMap<string, readonly Fields[]>;
  readonly kpis: ReadonlyMap<string, readonly Fields[]>;
  readonly deadLetters: number;
}

export interface Comparison {
  /** records of both sides that were looked at */
  readonly compared: number;
  /** of these, by output */
  readonly outputs: Readonly<Record<string, number>>;
  readonly differences: number;
  /** differences by output and what differs in it: `profiles.scores.loyalty` */
  readonly where: Readonly<Record<string, number>>;
  /** the first one */
  readonly example: string | null;
}

const CLOSE = 1e-6;

export function compare(ours: Said, theirs: Said): Comparison {
  const where: Record<string, number> = {};
  const outputs: Record<string, number> = {};
  let compared = 0;
  let differences = 0;
  let example: string | null = null;
  const differ = (place: string, said: string): void => {
    differences += 1;
    where[place] = (where[place] ?? 0) + 1;
    example ??= said;
  };
  for (const output of ['changes', 'alerts', 'profiles', 'kpis'] as const) {
    for (const key of new Set([...ours[output].keys(), ...theirs[output].keys()])) {
      const mine = ours[output].get(key) ?? [];
      const other = theirs[output].get(key) ?? [];
      for (let i = 0; i < Math.max(mine.length, other.length); i++) {
        compared += 1;
        outputs[output] = (outputs[output] ?? 0) + 1;
        const place = differenceOf(mine[i], other[i]);
        if (place === null) continue;
        const [a, b] = [mine[i], other[i]].map((fields) => JSON.stringify(fields) ?? 'nothing');
        differ(`${output}${place}`, `${output} of ${key}, number ${i + 1}: ${place || 'one is missing'}\n  rapport: ${a}\n  peer:    ${b}`);
      }
    }
  }
  compared += 1;
  if (ours.deadLetters !== theirs.deadLetters) {
    differ('deadLetters', `dead letters: rapport ${ours.deadLetters}, peer ${theirs.deadLetters}`);
  }
  return { compared, outputs, differences, where, example };
}

/** The path of the first difference (`` for one that is missing), or null. */
function differenceOf(a: unknown, b: unknown): string | null {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= CLOSE * Math.max(1, Math.abs(a), Math.abs(b)) ? null : '';
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return '.length';
    for (const [i, item] of a.entries()) {
      const place = differenceOf(item, b[i]);
      if (place !== null) return `[]${place}`;
    }
    return null;
  }
  if (isFields(a) && isFields(b)) {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const place = differenceOf(a[name], b[name]);
      if (place !== null) return `.${name}${place}`;
    }
    return null;
  }
  return Object.is(a, b) ? null : '';
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
