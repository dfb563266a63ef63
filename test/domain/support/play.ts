/** Drives one customer as the engine does: timers due before each event, the event, and timers up to an end. */
import { encodeState } from '../../../src/codec/state.ts';
import { type CustomerState, fire, fold, newCustomer } from '../../../src/domain/customer.ts';
import type { Decision, Profile, SegmentChange } from '../../../src/domain/decision.ts';
import type { InputEvent } from '../../../src/domain/event.ts';
import { type CustomerId, type Instant, LAST_INSTANT } from '../../../src/domain/ids.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { CUSTOMER } from './events.ts';

export interface Played {
  readonly state: CustomerState;
  readonly out: Decision[];
  readonly changes: SegmentChange[];
  readonly profiles: Profile[];
  /** instants at which a timer fired */
  readonly fired: Instant[];
}

/** `seen` is called after each event and each timer. */
export function play(
  events: readonly InputEvent[],
  policy: Policy,
  until: Instant | null = LAST_INSTANT,
  seen: (state: CustomerState, out: readonly Decision[]) => void = () => {},
): Played {
  const state = newCustomer(CUSTOMER as CustomerId);
  const out: Decision[] = [];
  const fired: Instant[] = [];
  const fireTo = (end: Instant): void => {
    while (state.due !== null && state.due <= end) {
      fired.push(state.due);
      fire(state, state.due, policy, out);
      seen(state, out);
    }
  };
  for (const event of events) {
    fireTo(event.at);
    fold(state, event, policy, out);
    seen(state, out);
  }
  if (until !== null) fireTo(until);
  return {
    state,
    out,
    fired,
    changes: out.filter((decision) => decision.type === 'segment-change'),
    profiles: out.filter((decision) => decision.type === 'profile'),
  };
}

export const bytesOf = (state: CustomerState): string => encodeState(state).toString('hex');
