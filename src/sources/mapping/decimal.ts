/**
 * Foreign numbers as the decimals that they were written as: amounts in major units and times in any unit become whole numbers without a binary
 * fraction in between. A JSON number of up to 15 digits is exact: the shortest text of a double is the one that it was read from. Pure.
 */
export interface Decimal {
  readonly negative: boolean;
  /** the value is ±digits · 10^exponent */
  readonly digits: string;
  readonly exponent: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const MOST_CHARACTERS = 64;
/** Of a whole number that is safe there are at most 16. */
const MOST_DIGITS = 20;

/** A number, or a text that is one; null for anything else. */
export function decimalOf(value: unknown): Decimal | null {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return null;
  const text = typeof value === 'string' ? value.trim() : String(value);
  const match = text.length > MOST_CHARACTERS ? null : DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const digits = (whole + fraction).replace(/^0+(?=.)/, '');
  return digits === '' ? null : { negative: sign === '-', digits, exponent: Number(power) - fraction.length };
}

/** What becomes of the digits behind the point: none may be there but zeros, half away from zero, or cut off. */
export type Rest = 'none' | 'round' | 'cut';

/** value · 10^by as a whole number that a double holds exactly; why not, else. */
export function scaled({ negative, digits, exponent }: Decimal, by: number, rest: Rest): number | 'fraction' | 'large' {
  const zeros = exponent + by;
  const split = Math.max(0, digits.length + Math.min(0, zeros));
  const behind = digits.slice(split);
  if (rest === 'none' && /[1-9]/.test(behind)) return 'fraction';
  const head = digits.slice(0, split);
  if (zeros > 0 && head !== '0' && head.length + zeros > MOST_DIGITS) return 'large';
  const cut = Number((head || '0') + '0'.repeat(head === '0' ? 0 : Math.max(0, zeros)));
  // Where digits is shorter than what is cut off, a zero stands before it.
  const halfOrMore = digits.length + Math.min(0, zeros) >= 0 && (behind[0] ?? '0') >= '5';
  const size = rest === 'round' && halfOrMore ? cut + 1 : cut;
  if (!Number.isSafeInteger(size)) return 'large';
  return negative && size > 0 ? -size : size;
}
