/**
 * How events reach the topics: mostly at once, some late, some twice, some broken. Draws from a stream of its own: the same lives are
 * lived whatever the rates are. A broken event is a spoilt copy beside the sound one, so that the facts stay whole.
 */
import { DAY, type Instant } from '../domain/ids.ts';
import type { Agenda } from './agenda.ts';
import type { Broken, Happening, WorldItem, WorldOptions } from './item.ts';
import { Random } from './random.ts';
import { HOUR, MINUTE } from './stage.ts';

const LEAST_LATE = 2 * MINUTE;
const MOST_LATE = 21 * DAY;

export class Delivery {
  readonly #random: Random;
  readonly #late: number;
  readonly #duplicates: number;
  readonly #broken: number;
  readonly #agenda: Agenda;
  readonly #out: WorldItem[];

  /** Items are put into `out` when their time has come. */
  constructor(options: WorldOptions, agenda: Agenda, out: WorldItem[]) {
    this.#random = new Random(options.seed, 'delivery');
    this.#late = rate(options.late, 0.01, 'late');
    this.#duplicates = rate(options.duplicates, 0.01, 'duplicates');
    this.#broken = rate(options.broken, 0.001, 'broken');
    this.#agenda = agenda;
    this.#out = out;
  }

  deliver(happening: Happening, now: Instant): void {
    const random = this.#random;
    let at: number = now;
    // log-uniform: as many within the hour as over days
    if (random.chance(this.#late)) at = Math.round(now + LEAST_LATE * (MOST_LATE / LEAST_LATE) ** random.uniform());
    this.#put(happening, at, now);
    if (random.chance(this.#duplicates)) this.#put(happening, at + Math.round(random.between(1_000, HOUR)), now);
    if (random.chance(this.#broken)) this.#out.push(spoil(random, happening, now));
  }

  #put(happening: Happening, at: number, now: Instant): void {
    const item = itemOf(happening, at as Instant);
    if (at === now) this.#out.push(item);
    else this.#agenda.add(at, () => this.#out.push(item));
  }
}

function itemOf(happening: Happening, deliveredAt: Instant): WorldItem {
  return { ...happening, deliveredAt, customerId: happening.record.customerId };
}

function spoil(random: Random, happening: Happening, now: Instant): WorldItem {
  const broken = random.pick(WAYS[happening.type]);
  const item = { ...itemOf(damaged(happening, broken), now), broken };
  if (broken === 'bytes') {
    // whatever it is, it has not the first byte of the wire format, nor is it JSON
    const raw = random.bytes(random.integer(1, 200));
    raw[0] = 0xff;
    return { ...item, raw };
  }
  if (broken !== 'missing-field') return item;
  const { occurredAt: _, ...rest } = item.record;
  return { ...item, raw: new TextEncoder().encode(JSON.stringify(rest)) };
}

/** The copy, under an event id of its own: it must not pass for the sound one. */
function damaged(happening: Happening, broken: Broken): Happening {
  const eventId = `${happening.record.eventId}-broken`;
  const negative = broken === 'negative-amount';
  switch (happening.type) {
    case 'purchase': {
      const { record } = happening;
      const amountMinor = negative ? -1 - record.amountMinor : record.amountMinor;
      const currency = broken === 'unknown-currency' ? 'XQZ' : record.currency;
      return { type: 'purchase', record: { ...record, eventId, amountMinor, currency } };
    }
    case 'support':
      return { type: 'support', record: { ...happening.record, eventId, costMinor: negative ? -100 : happening.record.costMinor } };
    case 'survey':
      return {
        type: 'survey',
        record: { ...happening.record, eventId, score: broken === 'impossible-score' ? 99 : happening.record.score },
      };
    case 'engagement':
      return { type: 'engagement', record: { ...happening.record, eventId, costMinor: negative ? -100 : happening.record.costMinor } };
    case 'attributes':
      return { type: 'attributes', record: { ...happening.record, eventId } };
  }
}

const ALWAYS: readonly (readonly [Broken, number])[] = [
  ['bytes', 1],
  ['missing-field', 1],
];
const WAYS: Readonly<Record<Happening['type'], readonly (readonly [Broken, number])[]>> = {
  purchase: [...ALWAYS, ['negative-amount', 1], ['unknown-currency', 1]],
  support: [...ALWAYS, ['negative-amount', 1]],
  survey: [...ALWAYS, ['impossible-score', 1]],
  engagement: [...ALWAYS, ['negative-amount', 1]],
  attributes: ALWAYS,
};

function rate(given: number | undefined, fallback: number, name: string): number {
  const value = given ?? fallback;
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be from 0 to 1`);
  return value;
}
