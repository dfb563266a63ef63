/**
 * The KPIs of a dimension on a day: from the domain's `Kpi` to schemas/out/kpi.avsc. Pure. The key is that of what is told, so that the topic can be compacted.
 */
import type { KpiRecord } from '../codec/types.ts';
import { startOfDay } from '../domain/ids.ts';
import { type Kpi, membersOf } from '../domain/kpi-values.ts';
import { type Application, cloudEvent, idOf, type Output } from './cloudevents.ts';
import type { DecisionContext } from './record.ts';
import { originOf } from './segment-change.ts';

/** YYYY-MM-DD of a UTC day. */
const dateOf = (day: number): string => new Date(startOfDay(day)).toISOString().slice(0, 10);

/** The id names what was read, not only the day: a value may come back, and a consumer that drops what it has seen must not drop that. */
export function kpi(
  { day, dimension, at, finished, windowDays, values, offsets }: Kpi,
  context: DecisionContext,
  app: Application,
): Output<KpiRecord> {
  const key = `${dateOf(day)}|${dimension}`;
  const read = offsets.map(({ shard, offset }) => `${shard}@${offset}`);
  const { group = null, attribute = null, value = null } = membersOf(dimension) ?? {};
  return {
    key: Buffer.from(key),
    headers: cloudEvent(app, 'kpi', idOf(app.id, 'kpi', key, at, ...read), at),
    record: {
      day: dateOf(day),
      dimension,
      group,
      attribute,
      value,
      at,
      finished,
      detectedAt: context.now,
      origin: originOf(at, context),
      currency: app.currency,
      windowDays,
      ...values,
      offsets,
      policy: app.policy,
    },
  };
}
