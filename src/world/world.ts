/**
 * A shop and its customers, played forward in time: seeded, so the same options give the same events, and streaming: what is held is one
 * person and a handful of plans for each customer who has arrived, never the events.
 *
 * Boundary: makes records; encodes and sends nothing. No clock: `until` is given.
 */
import { DAY, type Instant } from '../domain/ids.ts';
import { Agenda } from './agenda.ts';
import { Calendar } from './calendar.ts';
import { browse, subscribe, watchSilence } from './contacts.ts';
import { Delivery } from './delivery.ts';
import { engage } from './engage.ts';
import type { Happening, WorldItem, WorldOptions } from './item.ts';
import { Person } from './person.ts';
import { personasOf } from './personas.ts';
import { planNext, planOrder } from './purchases.ts';
import { Random } from './random.ts';
import { daysFromNow, MINUTE, type Stage } from './stage.ts';
import { change, introduce } from './traits.ts';

/** Share of the customers who come in the first weeks: the shop opens with those of the one before. */
const FIRST_WAVE = 0.25;
const FIRST_WAVE_DAYS = 45;

export class World implements Stage {
  readonly calendar: Calendar;
  readonly #options: WorldOptions;
  readonly #agenda = new Agenda();
  readonly #out: WorldItem[] = [];
  readonly #delivery: Delivery;
  readonly #arrivals: Float64Array;
  readonly #arrivalRandom: Random;
  readonly #personas: ReturnType<typeof personasOf>;
  readonly #currencies: readonly (readonly [string, number])[];
  readonly #start: Instant;
  #arrived = 0;
  #now: Instant;

  constructor(options: WorldOptions) {
    const { customers, days, seed, until } = options;
    if (!Number.isSafeInteger(customers) || customers < 1) throw new RangeError('customers must be a whole number from 1');
    if (!(days > 0) || until - days * DAY < 0) throw new RangeError('days must be more than 0 and not reach before 1970');
    if (!Number.isSafeInteger(seed)) throw new RangeError('seed must be a whole number');
    this.#options = options;
    this.#start = (until - Math.round(days * DAY)) as Instant;
    this.#now = this.#start;
    this.calendar = new Calendar(this.#start, seed);
    this.#delivery = new Delivery(options, this.#agenda, this.#out);
    this.#arrivalRandom = new Random(seed, 'arrivals');
    this.#arrivals = this.#drawArrivals();
    this.#personas = personasOf(options.business ?? 'retail');
    const others = Object.entries(options.currencies ?? {});
    const dollars = 1 - others.reduce((sum, [, share]) => sum + share, 0);
    if (dollars < 0 || others.some(([, share]) => !(share >= 0)))
      throw new RangeError('the shares of currencies must be from 0 to 1 in all');
    this.#currencies = [['USD', dollars], ...others];
    this.#planArrival();
  }

  get now(): Instant {
    return this.#now;
  }

  /** How many plans are held: a few for each customer who has arrived. */
  get planned(): number {
    return this.#agenda.size;
  }

  /** Everything delivered up to and with the history's last instant, in order of delivery. */
  *history(): Generator<WorldItem, void, undefined> {
    yield* this.#play(this.#options.until);
  }

  /** What happens after it, without end: plays what is left of the history first, unseen. */
  *live(): Generator<WorldItem, never, undefined> {
    const history = this.#play(this.#options.until);
    while (!history.next().done);
    for (;;) yield* this.#play(this.#now + 30 * DAY);
  }

  plan(person: Person, at: number, act: () => void): void {
    this.#agenda.add(Math.max(Math.ceil(at), this.#now + 1), () => {
      if (this.#now > person.lastAt) act();
      else this.plan(person, this.#now + 1, act);
    });
  }

  happen(person: Person, happening: Happening): void {
    person.lastAt = this.#now;
    this.#delivery.deliver(happening, this.#now);
  }

  *#play(until: number): Generator<WorldItem, void, undefined> {
    while (this.#agenda.next <= until) {
      this.#now = this.#agenda.next as Instant;
      this.#agenda.take()?.();
      for (let item = this.#out.shift(); item; item = this.#out.shift()) yield item;
    }
    this.#now = Math.max(this.#now, until) as Instant;
  }

  /** Sorted: a first wave, then evenly with the seasons. */
  #drawArrivals(): Float64Array {
    const { customers, days } = this.#options;
    const random = this.#arrivalRandom;
    const wave = Math.min(FIRST_WAVE_DAYS, days);
    const draw = (): number => {
      if (random.chance(FIRST_WAVE)) return this.#start + random.uniform() * wave * DAY;
      for (;;) {
        const at = this.#start + random.uniform() * days * DAY;
        if (random.chance(this.calendar.season(at) / 1.5)) return at;
      }
    };
    return Float64Array.from({ length: customers }, draw).sort();
  }

  #planArrival(): void {
    const { customers, days } = this.#options;
    const index = this.#arrived++;
    // after the history they keep coming as they came
    const at = this.#arrivals[index] ?? this.#now + this.#arrivalRandom.exponential((days * DAY) / customers);
    this.#agenda.add(Math.max(this.#now + 1, Math.ceil(at)), () => {
      this.#arrive(new Person(this.#options.seed, index, this.#personas, this.#currencies));
      this.#planArrival();
    });
  }

  #arrive(person: Person): void {
    const { random, persona } = person;
    if (persona.name === 'prospect' || random.chance(0.6)) {
      engage(this, person, 'SIGNED_UP', null, random.chance(0.7) ? 'WEB' : 'APP');
      if (random.chance(0.9)) introduce(this, person);
    } else person.subscribed = random.chance(0.7);
    // who comes has a reason: the first order follows soon, but prospects only look
    if (persona.name !== 'prospect') {
      if (random.chance(0.6)) planOrder(this, person, this.#now + random.between(3, 90) * MINUTE, null);
      else planOrder(this, person, daysFromNow(this, random, 1, 30), null);
    }
    if (person.subscribed) subscribe(this, person);
    browse(this, person);
    watchSilence(this, person);
    this.#drift(person);
  }

  /** Habits change: a little all the time, sometimes a lot. */
  #drift(person: Person): void {
    const { random } = person;
    this.plan(person, this.#now + random.between(60, 200) * DAY, () => {
      const turn = random.chance(0.1)
        ? random.pick([
            [0.5, 1],
            [2, 1],
            // another shop gets most of it
            [4, 1],
          ] as const)
        : 1;
      person.cadenceDays = Math.min(300, Math.max(4, person.cadenceDays * turn * random.lognormal(1, 0.15)));
      person.basket *= random.lognormal(1.01, 0.12);
      // not waiting out a plan made by the old habits
      if (turn !== 1 && person.alive && person.orders > 0) planNext(this, person);
      change(this, person);
      this.#drift(person);
    });
  }
}
