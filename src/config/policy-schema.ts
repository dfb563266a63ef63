/**
 * The shape of a policy and the range of each number, by zod; what holds between numbers is in policy-checks.ts.
 * The same schema gives editors their JSON Schema (policy-json-schema.ts). Windows end where the state of a customer does: what it keeps is the bound.
 */
import { z } from 'zod';
import { type Policy, PRESETS, SERVICE_MODES } from '../domain/policy.ts';
import { KEPT_DAYS, LATEST_DAYS, MOST_PLACED, MOST_SENDS, TICKET_DAYS, WINDOW_DAYS } from '../domain/state.ts';
import { digitsOf } from './currency.ts';

const window = z.int().min(1).max(WINDOW_DAYS);
/** Two windows behind each other, both seen whole by an event that is as late as may be. */
const halfWindow = z
  .int()
  .min(1)
  .max(Math.floor((KEPT_DAYS - LATEST_DAYS) / 2));
const halfSends = z
  .int()
  .min(1)
  .max(MOST_SENDS / 2);
const points = z.number().min(0).max(100);
const share = z.number().min(0).max(1);
const weight = z.number().min(0).max(1000);
const count = z.int().min(0).max(1000);

const currency = z
  .string()
  .refine((code) => digitsOf(code) !== undefined, 'must be an ISO 4217 currency code, such as USD')
  .meta({ pattern: '^[A-Z]{3}$' });
const date = z.string().refine(isDate, 'must be a date, YYYY-MM-DD').meta({ format: 'date' });

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

const rateSchema = z.strictObject({
  currency,
  from: date.describe('the first UTC day on which it holds'),
  rate: z.number().positive().max(1e12).describe('what one unit of it is worth in the base currency'),
});

const parameter = z.number().positive().max(1e6);
const hours = z.number().positive().max(8760);
const texts = z.array(z.string().min(1).max(200)).max(16);
const areDistinct = (values: readonly unknown[]) => new Set(values).size === values.length;
const atMost = (most: number) => (of: object) => Object.keys(of).length <= most;

const goalSchema = z.strictObject({
  name: z.string().min(1).max(64).describe('of its own: its alerts are told apart by it'),
  metric: z.string().min(1).max(64).describe('a KPI'),
  dimension: z.string().min(1).max(140).describe('all, group:CHAMPION, attribute:plan=gold, or of lift both, with a comma between'),
  from: date.describe('the line begins at the end of this UTC day'),
  by: date.describe('and ends at the end of this one'),
  baseline: z.number().nullable().describe('null: the first value on or after from. Money in minor units'),
  change: z.number().describe('added by the end: a share of the baseline (relative), or so much (points)'),
  kind: z.enum(['relative', 'points']),
  tolerance: share.describe('off the line: short of it by more than this share of the whole change'),
});

export const policySchema: z.ZodType<Policy> = z.strictObject({
  preset: z.enum(PRESETS),
  currency,
  rates: z.array(rateSchema),
  newCustomer: z.strictObject({ days: z.int().min(0).max(365), orders: count, leastDays: z.int().min(0).max(365) }),
  value: z.strictObject({
    measure: z.enum(['revenue', 'averageOrder', 'margin']),
    windowDays: window,
    high: z.int().min(1).max(1e13),
    percentile: z.number().min(1).max(99).nullable(),
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
  refunds: z.strictObject({ orders: z.int().min(1).max(MOST_PLACED) }),
  churn: z.strictObject({
    model: z.enum(['mbg', 'bg']),
    parameters: z.strictObject({ r: parameter, alpha: parameter, a: parameter, b: parameter }),
    horizonDays: window,
    p1: share,
    p2: share,
    p3: share,
    dwellDays: z.int().min(0).max(365),
    overdue: z.number().positive().max(100),
    declining: z.strictObject({ windowDays: halfWindow, share, significance: share }),
    negative: z.strictObject({
      windowDays: window,
      nps: z.int().min(0).max(9),
      csat: z.int().min(1).max(99),
      sentiment: z.number().min(-1).max(0),
    }),
    disengaged: z.strictObject({
      windowDays: z.int().min(1).max(120),
      leastSends: halfSends,
      leastResponses: halfSends,
      share,
    }),
    programme: z.strictObject({ joinDays: z.int().min(1).max(3650) }),
    support: z.strictObject({ openHours: hours, replyHours: hours, afterDays: z.int().min(0).max(TICKET_DAYS) }),
    priceSensitive: z.strictObject({ orders: z.int().min(1).max(MOST_PLACED), share }),
    lost: z.strictObject({ days: z.int().min(1).max(3650), gaps: z.number().min(0).max(100) }),
  }),
  lifetime: z.strictObject({
    discount: z.number().min(0).max(1),
    horizonDays: z.int().min(1).max(3650),
    gammaGamma: z.strictObject({ p: parameter, q: z.number().gt(1).max(1e6), v: z.int().min(1).max(1e13) }),
  }),
  relationship: z.strictObject({
    communityShare: share,
    personalizedShare: share,
    longTerm: z.strictObject({ days: z.int().min(0).max(3650), orders: z.int().min(1).max(1000) }),
  }),
  channels: z
    .record(z.string().min(1).max(64), z.enum(SERVICE_MODES))
    .refine(atMost(64), 'must name at most 64 channels')
    .refine(
      (channels) => Object.keys(channels).every((name) => name === name.toLowerCase()),
      'must name channels in lower case, as events are read',
    ),
  attributes: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/),
      z.array(z.string().min(1).max(64)).max(32).refine(areDistinct, 'must name each value once'),
    )
    .refine(atMost(16), 'must name at most 16 attributes'),
  strategies: z.strictObject({ NEW: texts, CHAMPION: texts, POTENTIAL_CHAMPION: texts, LOYALIST: texts, AT_RISK: texts }),
  alerts: z.strictObject({
    churnRisk: z.strictObject({ orders: count, quietDays: z.int().min(0).max(365) }),
    followUp: z.strictObject({ days: z.int().min(0).max(3650), contactDays: z.int().min(1).max(90) }),
    supportQuality: z.strictObject({ share, windowDays: z.int().min(1).max(90), tickets: z.int().min(1).max(1e9) }),
    portfolio: z.strictObject({ share, customers: z.int().min(1).max(1e12) }),
  }),
  goals: z.array(goalSchema).max(32),
  kpis: z.strictObject({
    csat: z.enum(['share', 'mean']),
    windowDays: z.int().min(1).max(365),
    leastResponses: z.int().min(1).max(1e6),
    leastCustomers: z.int().min(1).max(1e6),
    evaluateDays: z.int().min(1).max(365),
  }),
  profileDays: window,
});

/** Amounts: written in major units in a file, minor units in a policy. */
export const MONEY_PATHS = [
  ['value', 'high'],
  ['lifetime', 'gammaGamma', 'v'],
] as const;
