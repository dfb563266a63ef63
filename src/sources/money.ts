/**
 * Foreign money into the policy's base currency, by its dated rates: exact in decimals, rounded half away from zero, and aware that
 * minor units differ (a yen has none, a dinar has a thousand). Pure; no rate of today, ever: the day of the event decides.
 */
import { digitsOf } from '../config/currency.ts';
import type { Instant, Minor } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import { type Dead, dead } from './decoded.ts';

/** The largest amount of an event, in minor units: ten thousand million of a currency with cents. */
export const MOST_MINOR = 1e12;

/** Turns minor units of one currency, on one day, into minor units of the base currency. */
export type Convert = (amount: number) => Minor;

interface DatedRate {
  readonly from: Instant;
  readonly convert: Convert;
}

const unchanged: Convert = (amount) => amount as Minor;

export interface Money {
  /** What one minor unit is worth on the day of `at`; dead: `unknown-currency`, `no-rate`. */
  at(currency: string, at: Instant): Convert | Dead;
}

export function money(policy: Policy): Money {
  const rates = Map.groupBy(policy.rates, (rate) => rate.currency);
  const dated = new Map<string, readonly DatedRate[]>();
  for (const [currency, list] of rates) {
    const made = list.map(({ from, rate }) => ({
      from: Date.parse(`${from}T00:00:00Z`) as Instant,
      convert: converter(rate, (digitsOf(policy.currency) ?? 0) - (digitsOf(currency) ?? 0)),
    }));
    // Latest first: the first that has begun is the one in force.
    dated.set(
      currency,
      made.sort((a, b) => b.from - a.from),
    );
  }
  return {
    at(currency, at) {
      if (currency === policy.currency) return unchanged;
      if (digitsOf(currency) === undefined) return dead('unknown-currency', 'currency is not in ISO 4217');
      const rate = dated.get(currency)?.find(({ from }) => from <= at);
      return rate?.convert ?? dead('no-rate', `currency ${currency} has no rate on or before the day`);
    },
  };
}

/** amount · rate · 10^digits, the rate taken as the decimal that it was written as. */
function converter(rate: number, digits: number): Convert {
  const [mantissa = '0', exponent = '0'] = rate.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length + digits;
  const factor = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, power));
  const divisor = 10n ** BigInt(Math.max(0, -power));
  return (amount) => Number((2n * BigInt(amount) * factor + divisor) / (2n * divisor)) as Minor;
}
