/**
 * ISO 4217: which currencies there are and how many digits their minor unit has; and exact conversion of written amounts.
 * (`Intl` disagrees with ISO 4217 on 29 of 179 currencies, hence the table.)
 */
import currencyCodes from 'currency-codes';

const DIGITS: ReadonlyMap<string, number> = new Map(currencyCodes.data.map((record) => [record.code, record.digits]));

/** Digits after the decimal point of a currency's major unit; undefined when the code is not in ISO 4217. */
export const digitsOf = (currency: string): number | undefined => DIGITS.get(currency);

/**
 * A written decimal in major units as minor units, exactly: no binary fraction in between.
 * Returns the reason when the text is no such number. Never negative.
 */
export function toMinor(text: string, digits: number): number | string {
  const match = /^(\d+)(?:\.(\d*))?$/.exec(text.trim());
  if (!match) return 'must be a plain decimal number of major units, such as 500.00';
  const whole = match[1] ?? '';
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) return `has more than the ${digits} decimals of the currency`;
  const minor = Number(whole + fraction.padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? minor : 'is too large';
}

/** Minor units as a decimal in major units: `50000` with 2 digits is `500.00`. */
export function toMajor(minor: number, digits: number): string {
  const text = String(minor).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
