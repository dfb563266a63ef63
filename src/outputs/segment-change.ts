/**
 * A change of group: from the domain's `SegmentChange` to schemas/out/segment-change.avsc. Pure.
 */
import type { Cause, CoordinatesRecord, ScoresRecord, SegmentChangeRecord } from '../codec/types.ts';
import type { Cause as DomainCause, Scores, SegmentChange } from '../domain/decision.ts';
import { type Application, cloudEvent, idOf, type Output } from './cloudevents.ts';
import type { DecisionContext, Origin } from './record.ts';

const CAUSES: Readonly<Record<DomainCause, Cause>> = {
  event: 'event',
  silence: 'silence',
  'late-event': 'late_event',
  thresholds: 'thresholds',
};

export function segmentChange(change: SegmentChange, context: DecisionContext, app: Application): Output<SegmentChangeRecord> {
  const changeId = idOf(app.id, change.customer, change.number);
  return {
    key: Buffer.from(change.customer),
    headers: cloudEvent(app, 'segment-change', changeId, change.at),
    record: {
      changeId,
      customerId: change.customer,
      number: change.number,
      from: change.from,
      to: change.to,
      at: change.at,
      detectedAt: context.now,
      origin: originOf(change.at, context),
      cause: CAUSES[change.cause],
      trigger: context.trigger === null ? null : coordinates(context.trigger),
      currency: app.currency,
      before: change.before === null ? null : scores(change.before),
      after: scores(change.after),
      drivers: change.drivers,
      level: change.about.level,
      signals: change.about.signals,
      buyProbability: change.about.buyProbability,
      predictedValue: change.about.predictedValue,
      strategies: change.about.strategies,
      policy: app.policy,
    },
  };
}

/** `backfill`: the shard had not caught up with its inputs yet at that instant. */
export const originOf = (at: number, { caughtUpAt }: DecisionContext): 'live' | 'backfill' =>
  caughtUpAt !== null && at >= caughtUpAt ? 'live' : 'backfill';

export const scores = ({ value, loyalty, components }: Scores): ScoresRecord => ({ value, loyalty, components });

/** A record's timestamp is whatever its producer wrote; one that is no instant becomes 0. */
export const coordinates = ({ topic, partition, offset, timestamp }: Origin): CoordinatesRecord => ({
  topic,
  partition,
  offset,
  timestamp: Number.isSafeInteger(timestamp) ? timestamp : 0,
});
