/**
 * What a life may do with the world around it: know the time, plan, and let something happen. The seam between the lives (purchases,
 * contacts, support, voice) and the loop that plays them (world.ts).
 */
import { DAY, dayOf, type Instant, startOfDay } from '../domain/ids.ts';
import type { Calendar } from './calendar.ts';
import type { Happening } from './item.ts';
import type { Person } from './person.ts';
import type { Random } from './random.ts';

export interface Stage {
  readonly now: Instant;
  readonly calendar: Calendar;
  /** Has `act` happen at `at`, or a little later if the person does something else at that very millisecond. Never before now. */
  plan(person: Person, at: number, act: () => void): void;
  /** Lets one thing happen to a person, now. At most one for each planned act. */
  happen(person: Person, happening: Happening): void;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** What every record begins with. */
export const fact = (stage: Stage, person: Person) => ({ eventId: person.nextEventId(), customerId: person.id, occurredAt: stage.now });

/** A waking hour of the day of `at`: around noon or in the evening. */
export function atDaytime(random: Random, at: number): number {
  const hour = random.chance(0.6) ? random.normal(13, 3) : random.normal(20, 1.3);
  return startOfDay(dayOf(at as Instant)) + Math.round(Math.max(6, Math.min(23.9, hour)) * HOUR);
}

/** Some days from now, at a waking hour. */
export function daysFromNow(stage: Stage, random: Random, least: number, most: number): number {
  const at = atDaytime(random, stage.now + random.between(least, most) * DAY);
  return at > stage.now ? at : at + DAY;
}
