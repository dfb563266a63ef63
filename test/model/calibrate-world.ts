/** Generated worlds as timelines, made once a test file. */
import type { CustomerEvent } from '../../src/domain/event.ts';
import { DAY, type Instant } from '../../src/domain/ids.ts';
import type { PresetName } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { Gathering } from '../../src/model/calibrate-gather.ts';
import type { Timelines } from '../../src/model/play.ts';
import { termsOf, toEvent } from '../../src/sources/index.ts';
import { generate } from '../../src/world/generate.ts';

/** The last millisecond of a day. */
export const UNTIL = (Date.UTC(2026, 10, 15) - 1) as Instant;

export const YEAR_BEFORE = UNTIL + 1 - 365 * DAY;

export function gathered(events: Iterable<CustomerEvent>): Timelines {
  const gathering = new Gathering();
  for (const event of events) gathering.add(event);
  return gathering.timelines();
}

/** Two years of a business, with late events, repetitions and what is broken. */
export function world(business: PresetName, customers: number, seed: number): Timelines {
  const terms = termsOf(presets[business]);
  const events: CustomerEvent[] = [];
  for (const item of generate({ customers, days: 730, seed, until: UNTIL, business })) {
    if (item.broken) continue;
    const decoded = toEvent(item, terms);
    if (decoded.outcome === 'event') events.push(decoded.event);
  }
  return gathered(events);
}
