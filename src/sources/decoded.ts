/**
 * What a source makes of a record: an event, or the reason why there is none. Pure; a dead letter is a value, never an exception.
 */
import type { InputEvent } from '../domain/event.ts';

export type DeadReason =
  | 'not-avro'
  | 'unknown-schema'
  | 'not-json'
  | 'invalid-record'
  | 'invalid-customer-id'
  | 'invalid-time'
  | 'future-event'
  | 'unknown-currency'
  | 'no-rate'
  | 'too-large'
  | 'unreadable-batch'
  | 'refused-by-broker';

export interface Dead {
  readonly outcome: 'dead';
  readonly reason: DeadReason;
  /** names the field; holds no personal data */
  readonly detail: string;
}

/** A record's meaning, or why it has none (I11). */
export type Decoded<E extends InputEvent = InputEvent> = { readonly outcome: 'event'; readonly event: E } | Dead;

/** A record of a foreign topic that its mapping does not ask for: no event, and nothing wrong with it. */
export interface Passed {
  readonly outcome: 'passed';
}

export const PASSED: Passed = { outcome: 'passed' };

export const dead = (reason: DeadReason, detail: string): Dead => ({ outcome: 'dead', reason, detail });
