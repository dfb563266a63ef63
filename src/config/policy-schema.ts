/**
 * The shape of a policy and the range of each number, by zod; what holds between numbers is in policy-checks.ts.
 * The same schema gives editors their JSON Schema. Windows end at 365 days because a customer's state keeps that many.
 */
import { z } from 'zod';
import { type Policy, PRESETS } from '../domain/policy.ts';
import { digitsOf } from './currency.ts';

const window = z.int().min(1).max(365);
const points = z.number().min(0).max(100);
const share = z.number().min(0).max(1);
const weight = z.number().min(0).max(1000);
const count = z.int().min(0).max(1000);

const currency = z.string().refine((code) => digitsOf(code) !== undefined, 'must be an ISO 4217 currency code, such as USD');
const date = z.string().refine(isDate, 'must be a date, YYYY-MM-DD');

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

const rateSchema = z.strictObject({ currency, from: date, rate: z.number().positive().max(1e12) });

export const policySchema: z.ZodType<Policy> = z.strictObject({
  preset: z.enum(PRESETS),
  currency,
  rates: z.array(rateSchema),
  newCustomer: z.strictObject({ days: z.int().min(0).max(365), orders: count, leastDays: z.int().min(0).max(365) }),
  value: z.strictObject({
    measure: z.enum(['revenue', 'averageOrder', 'margin']),
    windowDays: window,
    high: z.int().min(1).max(1e13),
    leave: share,
  }),
  loyalty: z.strictObject({
    high: points,
    leave: points,
    dwellDays: z.int().min(0).max(365),
    weights: z.strictObject({
      frequency: weight,
      rhythm: weight,
      feedback: weight,
      engagement: weight,
      programme: weight,
      advocacy: weight,
    }),
    frequency: z.strictObject({ windowDays: window, orders: z.int().min(1).max(1000) }),
    rhythm: z.strictObject({
      firstGapDays: z.number().min(1).max(365),
      leastGapDays: z.number().min(1).max(365),
      mostGapDays: z.number().min(1).max(365),
      from: z.number().positive().max(100),
      to: z.number().positive().max(100),
    }),
    feedback: z.strictObject({ windowDays: window, halfLifeDays: z.number().min(1).max(3650) }),
    engagement: z.strictObject({ windowDays: window, matureDays: z.int().min(0).max(365), leastSends: z.int().min(1).max(64) }),
    programme: z.strictObject({ enabled: z.boolean(), activeDays: window }),
    advocacy: z.strictObject({ enabled: z.boolean(), windowDays: window, events: z.int().min(1).max(1000) }),
  }),
  feedback: z.strictObject({ csatMost: z.int().min(2).max(100) }),
  profileDays: window,
});

/** Amounts: written in major units in a file, minor units in a policy. */
export const MONEY_PATHS = [['value', 'high']] as const;
