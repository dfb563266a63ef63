/**
 * Lifetime value, three kinds, in minor units of the base currency.
 * Historic: Σ (net − cost), compounded at the monthly discount rate to the evaluation. Simple: average order × orders / max(age, 365 d) × horizon, which is
 * revenue over age. Predicted: expected purchases times the expected amount over twelve months, discounted (spending.ts), less the expected cost: what
 * the customer has cost a month so far. Refunds and costs may make the first and the last negative.
 */
import type { LifetimeValues } from './decision.ts';
import { DAY, type Minor, startOfDay } from './ids.ts';
import type { View } from './rules/rule.ts';
import { MONTH_DAYS, predictedLifetimeValue } from './spending.ts';
import { WINDOW_DAYS, WORTH_DAY } from './state.ts';

const MONTHS = 12;

export function lifetimeOf({ state, policy, at, purchases }: View): LifetimeValues {
  const { discount, horizonDays } = policy.lifetime;
  const historic = minor((state.worth / 100) * (1 + discount) ** ((at / DAY - WORTH_DAY) / MONTH_DAYS));
  if (purchases === null) return { historic, simple: 0 as Minor, predicted: 0 as Minor };
  const ageDays = (at - startOfDay(purchases.first)) / DAY;
  const simple = minor((Math.max(0, state.revenue) / Math.max(ageDays, WINDOW_DAYS)) * horizonDays);

  // 1. what the customer spends on a repeat day
  let spendDays = state.spendDays;
  let spendSum = state.spendSum;
  for (const { day, orders, revenue } of state.days) {
    if (day <= purchases.first || orders <= 0 || revenue <= 0) continue;
    spendDays += 1;
    spendSum += revenue;
  }
  // 2. how often, and what that is worth today
  const x = purchases.count - 1;
  const mean = spendDays === 0 ? null : spendSum / spendDays;
  const income = predictedLifetimeValue(policy, x, purchases.last - purchases.first, ageDays, mean, spendDays);
  // 3. less the cost
  const costPerMonth = state.cost / Math.max(ageDays / MONTH_DAYS, MONTHS);
  const annuity = discount === 0 ? MONTHS : (1 - (1 + discount) ** -MONTHS) / discount;
  return { historic, simple, predicted: minor(income - costPerMonth * annuity) };
}

/** A whole number, never −0; sums of money beyond exactness are held there. */
const minor = (amount: number): Minor => (Math.round(Math.max(-MOST, Math.min(MOST, amount))) + 0) as Minor;
const MOST = 2 ** 53 - 1;
