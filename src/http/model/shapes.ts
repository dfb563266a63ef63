/**
 * From records of the output topics to what the API says of them. Pure. Of a dead letter nothing is taken but its reason, its topic and its time.
 */
import type { AlertRecord, KpiRecord, ProfileRecord, ScoresRecord, SegmentChangeRecord } from '../../codec/types.ts';
import { METRICS, type Metric } from '../../domain/kpi-values.ts';
import type { Alert, Change, Customer, Kpi } from '../api.ts';

export const customerOf = (record: ProfileRecord): Customer => ({
  id: record.customerId,
  at: record.at,
  group: record.group,
  groupSince: record.groupSince,
  value: record.scores.value,
  loyalty: record.scores.loyalty,
  level: record.churn.level,
  lost: record.churn.lost,
  signals: record.churn.signals.map(({ signal, since }) => ({ signal, since })),
  buyProbability: record.churn.buyProbability,
  predictedValue: record.lifetimeValues.predicted,
  historicValue: record.lifetimeValues.historic,
  relationship: record.relationship,
  serviceMode: record.serviceMode,
  attributes: { ...record.attributes },
  firstOrderAt: record.firstOrderAt,
  lastOrderAt: record.lastOrderAt,
  orders: record.orders,
  revenue: record.revenue,
  orders365: record.orders365,
  revenue365: record.revenue365,
  openTickets: record.openTickets,
  csat: record.csat,
  nps: record.nps,
  nextChangeAt: record.nextChangeAt,
});

const scoresOf = ({ value, loyalty, components }: ScoresRecord): Change['after'] => ({ value, loyalty, components: { ...components } });

export const changeOf = (record: SegmentChangeRecord): Change => ({
  changeId: record.changeId,
  customer: record.customerId,
  number: record.number,
  from: record.from,
  to: record.to,
  at: record.at,
  detectedAt: record.detectedAt,
  live: record.origin === 'live',
  cause: record.cause,
  before: record.before === null ? null : scoresOf(record.before),
  after: scoresOf(record.after),
  drivers: record.drivers.map(({ name, before, after, difference }) => ({ name, before, after, difference })),
  level: record.level,
  signals: [...record.signals],
  buyProbability: record.buyProbability,
  predictedValue: record.predictedValue,
  strategies: record.strategies.map(({ action, channel }) => ({ action, channel })),
});

/** Records of one episode that are kept: the first and the latest. An episode has few; a bound all the same. */
const MOST_RECORDS = 20;

/** The episode after one more record of it; null when that is known already. */
export function alertWith(known: Alert | null, record: AlertRecord): Alert | null {
  const { number, event, at, end, value, limit, level, by, commandId } = record;
  const last = known?.records.at(-1);
  if (last !== undefined && number <= last.number) return null;
  const records = [...(known?.records ?? []), { number, event, at, end, value, limit, level, by, commandId }];
  if (records.length > MOST_RECORDS) records.splice(1, 1);
  return {
    alertId: record.alertId,
    kind: record.kind,
    customer: record.customerId,
    subject: record.subject,
    episode: record.episode,
    open: event !== 'closed',
    openedAt: known?.openedAt ?? at,
    at,
    acknowledged: acknowledgedAfter(known, record),
    group: record.group,
    level,
    signals: [...record.signals],
    buyProbability: record.buyProbability,
    predictedValue: record.predictedValue,
    strategies: record.strategies.map(({ action, channel }) => ({ action, channel })),
    records,
  };
}

/** An escalation says that it is worse than what somebody has taken on. */
function acknowledgedAfter(known: Alert | null, { event, at, by }: AlertRecord): Alert['acknowledged'] {
  if (event === 'acknowledged') return { at, by: by ?? '' };
  return event === 'opened' || event === 'escalated' ? null : (known?.acknowledged ?? null);
}

export const kpiOf = (record: KpiRecord): Kpi => ({
  day: record.day,
  dimension: record.dimension,
  group: record.group,
  attribute: record.attribute,
  value: record.value,
  at: record.at,
  finished: record.finished,
  windowDays: record.windowDays,
  metrics: Object.fromEntries(METRICS.map((metric) => [metric, record[metric]])) as Record<Metric, number | null>,
});
