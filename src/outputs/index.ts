/**
 * The outputs: which schema and topic each has. A further output is a schema, a file here, and a line in each place.
 */
import type { SchemaName } from '../codec/types.ts';
import type { Topics } from '../config/config.ts';
import type { Decision } from '../domain/decision.ts';
import type { Kpi } from '../domain/kpi-values.ts';
import type { ThresholdsVersion } from '../domain/thresholds.ts';
import { alert } from './alert.ts';
import type { Application, Output } from './cloudevents.ts';
import { kpi } from './kpi.ts';
import { profile } from './profile.ts';
import type { DecisionContext } from './record.ts';
import { segmentChange } from './segment-change.ts';
import { thresholds } from './thresholds.ts';

export type { Application, Output } from './cloudevents.ts';
export { deadLetter } from './dead-letter.ts';

/** What goes out besides dead letters. */
type Said = Decision | Kpi | ThresholdsVersion;

export type OutputType = Said['type'] | 'dead-letter';

export const OUTPUT_SCHEMAS = {
  'segment-change': 'out/segment-change',
  profile: 'out/profile',
  alert: 'out/alert',
  kpi: 'out/kpi',
  thresholds: 'out/thresholds',
  'dead-letter': 'out/dead-letter',
} as const satisfies Record<OutputType, SchemaName>;

export const topicOf = (type: OutputType, topics: Topics): string => {
  switch (type) {
    case 'segment-change':
      return topics.segmentChanges;
    case 'profile':
      return topics.profiles;
    case 'alert':
      return topics.alerts;
    case 'kpi':
      return topics.kpis;
    case 'thresholds':
      return topics.thresholds;
    case 'dead-letter':
      return topics.deadLetters;
  }
};

/** What it says to the world. */
export function toOutput(decision: Said, context: DecisionContext, app: Application): Output<object> {
  switch (decision.type) {
    case 'segment-change':
      return segmentChange(decision, context, app);
    case 'profile':
      return profile(decision, context, app);
    case 'alert':
      return alert(decision, context, app);
    case 'kpi':
      return kpi(decision, context, app);
    case 'thresholds':
      return thresholds(decision, context, app);
  }
}
