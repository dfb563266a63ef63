/**
 * What is the same for everybody: seasons, the campaigns of the shop, and how busy its support is. A pure function of seed and time.
 */
import { DAY, dayOf, type Instant, startOfDay } from '../domain/ids.ts';
import { Random } from './random.ts';

export interface Campaign {
  readonly id: string;
  readonly at: Instant;
  readonly kind: 'newsletter' | 'sale';
}

/** Orders by month, 1 in the mean: a quiet summer, a busy end of the year. */
const MONTHS = [0.75, 0.7, 0.9, 0.95, 1, 0.95, 0.85, 0.9, 1, 1.1, 1.35, 1.55];
/** Orders by weekday from Sunday, 1 for the busiest. */
const WEEKDAYS = [0.85, 0.7, 0.65, 0.7, 0.75, 0.85, 1];
/** First days of sales, month and day. */
const SALES = ['01-08', '03-20', '05-28', '07-12', '09-10', '11-26'];
const NEWSLETTER_DAYS = 14;
const HOUR = DAY / 24;

export class Calendar {
  readonly start: Instant;
  readonly #seed: number;
  readonly #campaigns: Campaign[] = [];
  readonly #loads = new Map<number, number>();
  #planned: number;

  constructor(start: Instant, seed: number) {
    this.start = start;
    this.#seed = seed;
    this.#planned = dayOf(start);
  }

  /** How much people buy at this time of the year, about 1. */
  season(at: number): number {
    return MONTHS[new Date(at).getUTCMonth()] ?? 1;
  }

  /** How likely the weekday is, at most 1. */
  weekday(at: number): number {
    return WEEKDAYS[(dayOf(at as Instant) + 4) % 7] ?? 1;
  }

  /** How busy support is, as an exponent of its delays: about 0, above 1 in the weeks in which it does not keep up. */
  load(at: number): number {
    const week = Math.floor(dayOf(at as Instant) / 7);
    const known = this.#loads.get(week);
    if (known !== undefined) return known;
    const random = new Random(this.#seed, `support-${week}`);
    const load = random.normal(0, 0.3) + (random.chance(0.12) ? 1.6 : 0) + (new Date(at).getUTCMonth() === 11 ? 0.7 : 0);
    this.#loads.set(week, load);
    return load;
  }

  /** The n-th campaign of the history, from 0. */
  campaign(n: number): Campaign {
    for (;;) {
      const known = this.#campaigns[n];
      if (known) return known;
      this.#planDay(this.#planned++);
    }
  }

  #planDay(day: number): void {
    const date = new Date(startOfDay(day)).toISOString().slice(0, 10);
    if (SALES.includes(date.slice(5)))
      this.#campaigns.push({ id: `sale-${date}`, at: (startOfDay(day) + 7 * HOUR) as Instant, kind: 'sale' });
    if (day % NEWSLETTER_DAYS === 5)
      this.#campaigns.push({ id: `news-${date}`, at: (startOfDay(day) + 9 * HOUR) as Instant, kind: 'newsletter' });
  }
}
