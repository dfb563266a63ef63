/**
 * A version of the thresholds relative to the population: from the domain's `ThresholdsVersion` to schemas/out/thresholds.avsc. Pure. The key is what the threshold is
 * of, so that the compacted topic ends with the version in force.
 */
import type { ThresholdsRecord } from '../codec/types.ts';
import { startOfDay } from '../domain/ids.ts';
import type { ThresholdsVersion } from '../domain/thresholds.ts';
import { type Application, cloudEvent, idOf, type Output } from './cloudevents.ts';
import type { DecisionContext } from './record.ts';

const KEY = 'value';

export function thresholds(made: ThresholdsVersion, context: DecisionContext, app: Application): Output<ThresholdsRecord> {
  const { version, high, percentile, customers, day, at } = made;
  return {
    key: Buffer.from(KEY),
    headers: cloudEvent(app, 'thresholds', idOf(app.id, 'thresholds', KEY, version), at),
    record: {
      version,
      valueHigh: high,
      percentile,
      customers,
      day: new Date(startOfDay(day)).toISOString().slice(0, 10),
      at,
      detectedAt: context.now,
      currency: app.currency,
      policy: app.policy,
    },
  };
}
