/**
 * The outputs: which schema and topic each has. A further output is a schema, a file here, and a line in each place.
 */
import type { SchemaName } from '../codec/types.ts';
import type { Topics } from '../config/config.ts';
import type { Decision } from '../domain/decision.ts';
import type { Application, Output } from './cloudevents.ts';
import { profile } from './profile.ts';
import type { DecisionContext } from './record.ts';
import { segmentChange } from './segment-change.ts';

export type { Application, Output } from './cloudevents.ts';
export { deadLetter } from './dead-letter.ts';

export type OutputType = Decision['type'] | 'dead-letter';

export const OUTPUT_SCHEMAS = {
  'segment-change': 'out/segment-change',
  profile: 'out/profile',
  'dead-letter': 'out/dead-letter',
} as const satisfies Record<OutputType, SchemaName>;

export const topicOf = (type: OutputType, topics: Topics): string => {
  switch (type) {
    case 'segment-change':
      return topics.segmentChanges;
    case 'profile':
      return topics.profiles;
    case 'dead-letter':
      return topics.deadLetters;
  }
};

/** What a decision says to the world. */
export function toOutput(decision: Decision, context: DecisionContext, app: Application): Output<object> {
  switch (decision.type) {
    case 'segment-change':
      return segmentChange(decision, context, app);
    case 'profile':
      return profile(decision, context, app);
  }
}
