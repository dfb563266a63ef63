/**
 * The contract of the HTTP API, all of it in one file: what is asked and what is answered, as zod types. Routes validate by them, /openapi.json is made of them, and readers written in
 * TypeScript import their types. Boundary: shapes alone; nothing of Kafka, SQLite or fastify.
 *
 * Instants are milliseconds since 1970 UTC, days are UTC dates (YYYY-MM-DD), amounts are minor units of the policy's currency (means among KPIs are no whole ones), shares are 0–1. Lists come in
 * pages: go on with `next` as `cursor` until it is null. A page may hold fewer than were asked for, and even none, and still have a next one.
 */
import { z } from 'zod';
import { ALERTS, COMPONENTS, GROUPS, LEVELS, RELATIONSHIPS, SIGNALS } from '../domain/decision.ts';
import { customerIdFault, nameFault } from '../domain/ids.ts';
import { METRICS } from '../domain/kpi-values.ts';
import { SERVICE_MODES } from '../domain/policy.ts';

const MOST_ITEMS = 200;
/** days of one question about KPIs or moves */
export const MOST_DAYS = 800;

/** UNKNOWN is only what this release makes of a word that a newer processor has written. */
const said = <const T extends readonly string[]>(words: T) => z.enum([...words, 'UNKNOWN']);

const instant = z.int().min(-8.64e15).max(8.64e15);
const amount = z.number();
const count = z.int();
const groupSaid = said(GROUPS);
const levelSaid = said(LEVELS);
const kindSaid = said(ALERTS);

export const customerId = z.string().refine((id) => customerIdFault(id) === null, {
  error: ({ input }) => `the customer’s id ${typeof input === 'string' ? customerIdFault(input) : 'must be a text'}`,
});

function isDate(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The 30th of February would be taken as a day of March.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

const day = z.string().refine(isDate, 'must be a UTC date such as 2026-03-01');

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const page = {
  limit: whole(1, MOST_ITEMS).default(50).describe('items of a page at most'),
  cursor: z.string().min(1).max(1_000).optional().describe('`next` of the page before; the other parameters must be as they were'),
};
const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
/** One word, or several with commas between. */
const words = <const T extends readonly [string, ...string[]]>(of: T) =>
  z
    .string()
    .max(200)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(of)).min(1).max(of.length));

/* ---------------------------------------------------------------- customers */

const SORTS = ['id', 'value', 'predictedValue'] as const;

export const customersQuery = z.strictObject({
  ...page,
  group: words(GROUPS).optional().describe('one group, or several with commas between'),
  level: words(LEVELS).optional().describe('levels of churn risk'),
  lost: flag.optional(),
  minValue: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('value by the policy’s measure, minor units'),
  prefix: z.string().min(1).max(128).optional().describe('what the id begins with'),
  sort: z.enum(SORTS).default('id').describe('id: rising; value and predictedValue: falling'),
});

/** As of the customer's latest profile. */
export const customer = z.object({
  id: z.string(),
  at: instant.describe('up to which event time this holds'),
  group: groupSaid,
  groupSince: instant,
  value: amount,
  loyalty: z.number().nullable().describe('0–100; null without evidence'),
  level: levelSaid.nullable().describe('null before a purchase'),
  lost: z.boolean(),
  signals: z.array(z.object({ signal: z.string(), since: instant })),
  buyProbability: z.number().nullable(),
  predictedValue: amount.describe('what is at stake'),
  historicValue: amount,
  relationship: said(RELATIONSHIPS),
  serviceMode: said(SERVICE_MODES).nullable(),
  attributes: z.record(z.string(), z.string()),
  firstOrderAt: instant.nullable(),
  lastOrderAt: instant.nullable(),
  orders: count,
  revenue: amount,
  orders365: count,
  revenue365: amount,
  openTickets: count,
  csat: z.number().nullable(),
  nps: z.number().nullable(),
  nextChangeAt: instant.nullable(),
});
export const customersPage = pageOf(customer);

const strategy = z.object({ action: z.string(), channel: z.string() });
const evidence = z.record(z.string(), z.number().nullable()).describe('names that end in At are instants');
const rule = z.object({ value: z.number().nullable(), evidence });
const recordOf = <const T extends readonly [string, ...string[]], V extends z.ZodType>(names: T, value: V) =>
  z.record(z.enum(names), value);

/** One thing that would have to be otherwise. `is` null: no evidence, which counts as low. */
const condition = z.object({
  score: z.enum(['value', 'loyalty', 'orders', 'knownDays']),
  is: z.number().nullable(),
  atLeast: z.number().nullable(),
  below: z.number().nullable(),
});

/** Read from Redis, in one instant; as `rapport inspect` shows it. */
export const customerAnswer = z.object({
  customer: z.string(),
  asOf: instant,
  currency: z.string(),
  group: z.enum(GROUPS).nullable(),
  groupSince: instant.nullable(),
  due: instant.nullable().describe('when silence could next change anything at all'),
  inSilence: z
    .object({ at: instant, to: z.enum(GROUPS) })
    .nullable()
    .describe('the next group if nothing happens, and when; null: never, or so far ahead that it was not looked for'),
  changesWhen: z
    .array(z.object({ to: z.enum(GROUPS), conditions: z.array(condition) }))
    .describe('for each other group: what would have to be otherwise, all of it; a group is kept at least until keptUntil'),
  keptUntil: instant.nullable(),
  scores: z.object({ value: amount, loyalty: z.number().nullable(), components: recordOf(COMPONENTS, z.number().nullable()) }),
  valueHigh: z.boolean(),
  loyaltyHigh: z.boolean(),
  value: rule,
  newcomer: rule,
  components: recordOf(COMPONENTS, rule.extend({ weight: z.number(), contribution: z.number().nullable().describe('points of 100') })),
  churn: z.object({
    level: z.enum(LEVELS).nullable(),
    buyProbability: z.number().nullable(),
    lost: z.boolean(),
    signals: recordOf(SIGNALS, z.object({ since: instant.nullable(), evidence })),
    ahead: z.object({
      thresholds: z.array(z.object({ below: z.number(), level: z.enum(LEVELS), at: instant })),
      lostAt: instant.nullable(),
      levelFallsAt: instant.nullable(),
      alertAt: instant.nullable(),
    }),
  }),
  horizonDays: z.number().describe('of buyProbability'),
  lifetimeValues: z.object({ historic: amount, simple: amount, predicted: amount }),
  relationship: z.enum(RELATIONSHIPS),
  serviceMode: z.enum(SERVICE_MODES).nullable(),
  attributes: z.record(z.string(), z.string()),
  episodes: z.array(
    z.object({
      kind: z.enum(ALERTS),
      subject: z.string(),
      episode: count,
      records: count,
      acknowledged: z.object({ at: instant, by: z.string() }).nullable(),
    }),
  ),
  openTickets: z.array(z.object({ subject: z.string(), since: instant, overdueAt: z.number() })),
  openTicketsMore: count,
  followUpAt: instant.nullable(),
  strategies: z.array(strategy),
  facts: z.object({
    firstEventAt: instant.nullable(),
    firstOrderAt: instant.nullable(),
    lastOrderAt: instant.nullable(),
    orders: count,
    revenue: amount,
    cost: amount,
    orders365: count,
    revenue365: amount,
    purchaseDays: count,
    answers: count,
    changes: count,
    profiles: count,
    truncated: z.array(z.string()),
  }),
  shard: count,
  watermark: instant.describe('of the customer’s shard'),
  policy: z.string(),
});

/* ------------------------------------------------------- changes and alerts */

const scores = z.object({
  value: amount,
  loyalty: z.number().nullable(),
  components: z.record(z.string(), z.number().nullable()),
});

export const change = z.object({
  changeId: z.string(),
  customer: z.string(),
  number: count.describe('1 for the customer’s first change, then 2, …'),
  from: groupSaid.nullable(),
  to: groupSaid,
  at: instant,
  detectedAt: instant,
  live: z.boolean().describe('false: it lies before the processor first caught up with its inputs'),
  cause: z.enum(['event', 'silence', 'late_event', 'thresholds', 'unknown']),
  before: scores.nullable(),
  after: scores,
  drivers: z.array(z.object({ name: z.string(), before: z.number().nullable(), after: z.number().nullable(), difference: z.number() })),
  level: levelSaid.nullable(),
  signals: z.array(z.string()),
  buyProbability: z.number().nullable(),
  predictedValue: amount.nullable(),
  strategies: z.array(strategy),
});
export const changesPage = pageOf(change);
export const changesQuery = z.strictObject({
  ...page,
  customer: customerId.optional(),
  from: whole(-8.64e15, 8.64e15).optional().describe('changes at or after this instant'),
  to: whole(-8.64e15, 8.64e15).optional().describe('changes before this instant'),
});

const alertRecord = z.object({
  number: count,
  event: z.enum(['opened', 'escalated', 'acknowledged', 'closed', 'UNKNOWN']),
  at: instant,
  end: z.enum(['recovered', 'purchase', 'lost', 'contacted', 'resolved', 'expired', 'UNKNOWN']).nullable(),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  level: levelSaid.nullable(),
  by: z.string().nullable().describe('who has acknowledged it; null of every other event'),
  commandId: z.string().nullable().describe('of the command by which it was'),
});
/** An episode: opened once, closed at most once. */
export const alert = z.object({
  alertId: z.string(),
  kind: kindSaid,
  customer: z.string().nullable().describe('null: about the business'),
  subject: z.string(),
  episode: count,
  open: z.boolean(),
  openedAt: instant.describe('of the oldest record that is known'),
  at: instant.describe('of the latest record'),
  acknowledged: z
    .object({ at: instant, by: z.string() })
    .nullable()
    .describe('who has taken it on, and when; null: nobody, or it has escalated since'),
  group: groupSaid.nullable(),
  level: levelSaid.nullable(),
  signals: z.array(z.string()),
  buyProbability: z.number().nullable(),
  predictedValue: amount.nullable(),
  strategies: z.array(strategy),
  records: z.array(alertRecord).describe('in order; of very many the first and the latest'),
});
export const alertsPage = pageOf(alert);
export const alertsQuery = z.strictObject({
  ...page,
  open: flag.optional(),
  acknowledged: flag.optional().describe('true: somebody has taken it on and it has not escalated since'),
  kind: words(ALERTS).optional(),
  customer: customerId.optional(),
});

const name = z.string().refine((text) => nameFault(text) === null, {
  error: ({ input }) => (typeof input === 'string' ? (nameFault(input) ?? '') : 'must be a text'),
});
export const alertId = z.string().regex(/^[0-9a-f]{32}$/, 'must be an alertId: 32 hex digits');
export const acknowledgementBody = z.strictObject({ by: name.describe('who takes it on') });
/** So that a client may try again: the same key for the same alert is the same command. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1–128 visible ASCII characters')
    .optional()
    .describe('of the client’s choice; a request that is repeated with it counts once'),
});
export const commandAnswer = z.object({ commandId: z.string().describe('stands in the record that says what came of it') });

/** What the token may do. */
export const accessAnswer = z.object({ role: z.enum(['read', 'admin']) });

/** What is known of one customer beyond the present: newest first, at most as many as were asked for of each. */
export const storyQuery = z.strictObject({ limit: whole(1, MOST_ITEMS).default(100) });
export const storyAnswer = z.object({
  customer: z.string(),
  profile: customer.nullable().describe('the latest profile; null when none is known'),
  changes: z.array(change),
  alerts: z.array(alert),
  more: z.object({ changes: z.boolean(), alerts: z.boolean() }),
});

/* --------------------------------------------------- groups, moves and KPIs */

const days = {
  from: day.optional().describe('the first day'),
  to: day.optional().describe('the last day; the newest that is known unless given'),
};

export const groupsQuery = z.strictObject(days);
export const groupsAnswer = z.object({
  /** by the latest profile of each customer */
  now: z.array(
    z.object({
      group: groupSaid,
      customers: count,
      value: amount,
      predictedValue: amount,
      lost: count,
      levels: z.record(z.string(), count).describe('customers by level of churn risk, the LOST ones too; none: before a purchase'),
    }),
  ),
  /** at the end of each day, from the KPIs */
  days: z.array(z.object({ day: z.string(), finished: z.boolean(), sizes: recordOf(GROUPS, count.nullable()) })),
});

export const movesQuery = z.strictObject(days);
export const movesAnswer = z.object({
  from: z.string().nullable().describe('the first and the last day that were summed; null: there is none'),
  to: z.string().nullable(),
  /** pairs with a count above 0; `from` null: first groups */
  moves: z.array(z.object({ from: z.enum(GROUPS).nullable(), to: z.enum(GROUPS), count })),
});

export const kpisQuery = z.strictObject({
  ...page,
  ...days,
  group: z
    .enum([...GROUPS, 'all', 'each'])
    .default('all')
    .describe('all: of no group alone; each: of every group'),
  attribute: z.string().min(1).max(64).optional().describe('of each value of this attribute'),
});
export const kpi = z.object({
  day: z.string(),
  dimension: z.string(),
  group: groupSaid.nullable(),
  attribute: z.string().nullable(),
  value: z.string().nullable(),
  at: instant,
  finished: z.boolean(),
  windowDays: z.number(),
  metrics: recordOf(METRICS, z.number().nullable()),
});
export const kpisPage = pageOf(kpi).extend({ currency: z.string() });

export const goalsAnswer = z.object({
  goals: z.array(
    z.object({
      name: z.string(),
      metric: z.string(),
      dimension: z.string(),
      from: z.string(),
      by: z.string(),
      baseline: z.number().nullable().describe('null: not known yet'),
      target: z.number().nullable(),
      tolerance: z.number(),
      points: z.array(z.object({ day: z.string(), value: z.number().nullable(), line: z.number().nullable() })),
    }),
  ),
});

/* ------------------------------------------------------ policy and pipeline */

export const policyAnswer = z.object({
  applicationId: z.string(),
  hash: z.string(),
  currency: z.string(),
  digits: count.describe('of the currency’s minor unit, by ISO 4217'),
  policy: z.record(z.string(), z.unknown()).describe('as docs/configuration.md has it, money in minor units'),
});

const ends = { start: count, end: count };
export const shardsAnswer = z.object({
  applicationId: z.string(),
  shards: z.array(
    z.object({
      shard: count,
      journal: z.object(ends),
      generation: count.nullable(),
      next: count.nullable(),
      toApply: count,
      sequence: count.nullable(),
      watermark: instant.nullable(),
      ownWatermark: instant.nullable(),
      delayMs: z.number().nullable(),
      caughtUpAt: instant.nullable(),
      policy: z.string().nullable(),
      inputs: z.array(z.object({ topic: z.string(), partition: count, ...ends, position: count.nullable(), lag: count })),
    }),
  ),
});

export const deadLettersAnswer = z.object({
  items: z.array(z.object({ reason: z.string(), topic: z.string(), count, lastAt: instant })),
});

export const readModelAnswer = z.object({
  /** another one: it was rebuilt, and row numbers begin anew */
  incarnation: z.string(),
  ready: z.boolean(),
  partitions: z.array(z.object({ topic: z.string(), partition: count, next: count, end: count.nullable().describe('at the start') })),
  rows: z.record(z.string(), count),
  liveReaders: count,
});

export const statusAnswer = z.object({ status: z.enum(['ok', 'starting']) });

/** RFC 9457. `faults` names each parameter that is wrong. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: count,
  detail: z.string(),
  faults: z.array(z.object({ in: z.string(), name: z.string(), message: z.string() })).optional(),
});

/* -------------------------------------------------------------- live changes */

/**
 * GET /api/v1/changes/live, text/event-stream. `event: changes`, `data:` an array of changes in the order in which they were learnt, `id:` a bookmark for
 * Last-Event-ID. `event: alerts`: alerts have
 * gone on, or may have while the reader was away: ask for those that you show anew. `event: reset`: the bookmark is of another read model or too old a one; ask for what is shown anew, then go on. Lines that begin with a colon keep the
 * connection alive.
 */
export const liveQuery = z.strictObject({
  after: z.string().min(1).max(100).optional().describe('a bookmark, as Last-Event-ID'),
});

export type Customer = z.output<typeof customer>;
export type CustomersQuery = z.output<typeof customersQuery>;
export type CustomerAnswer = z.output<typeof customerAnswer>;
export type Change = z.output<typeof change>;
export type ChangesQuery = z.output<typeof changesQuery>;
export type Alert = z.output<typeof alert>;
export type AlertsQuery = z.output<typeof alertsQuery>;
export type AccessAnswer = z.output<typeof accessAnswer>;
export type StoryAnswer = z.output<typeof storyAnswer>;
export type GroupsAnswer = z.output<typeof groupsAnswer>;
export type MovesAnswer = z.output<typeof movesAnswer>;
export type Kpi = z.output<typeof kpi>;
export type KpisQuery = z.output<typeof kpisQuery>;
export type KpisPage = z.output<typeof kpisPage>;
export type GoalsAnswer = z.output<typeof goalsAnswer>;
export type PolicyAnswer = z.output<typeof policyAnswer>;
export type ShardsAnswer = z.output<typeof shardsAnswer>;
export type DeadLettersAnswer = z.output<typeof deadLettersAnswer>;
export type ReadModelAnswer = z.output<typeof readModelAnswer>;
export type Problem = z.output<typeof problem>;
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };
