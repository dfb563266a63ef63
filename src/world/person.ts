/**
 * One customer: habits that last, and a mood that experience moves. Habits vary around the persona with long tails, so that a few people
 * make most of the orders and most of the revenue, as in real shops.
 */
import { DAY, type Instant } from '../domain/ids.ts';
import { PERSONAS, type Persona } from './personas.ts';
import { Random } from './random.ts';

export interface Order {
  readonly id: string;
  readonly at: Instant;
  readonly amountMinor: number;
  readonly discountMinor: number;
  readonly channel: string;
}

/** Days in which a mood loses two thirds of its distance from where it returns to. */
const MOOD_DAYS = 75;

export class Person {
  readonly id: string;
  readonly random: Random;
  readonly persona: Persona;
  readonly currency: string;
  readonly channel: string;
  readonly supportChannel: string;
  readonly recurring: boolean;
  /** mean days between orders */
  cadenceDays: number;
  /** median of an order, cents */
  basket: number;
  openness: number;
  /** false once they have dropped out; a campaign may win them back */
  alive = true;
  subscribed = true;
  member = false;
  orders = 0;
  lastOrderAt: Instant | null = null;
  /** number of the plan for the next order: one made earlier is void */
  plan = 0;
  /** the next campaign of the calendar */
  campaign = 0;
  /** instant of the last event, so that no two share one */
  lastAt = 0;
  #events = 0;
  #mood: number;
  #moodAt = 0;

  constructor(seed: number, index: number, currencies: readonly (readonly [string, number])[]) {
    this.id = `c${String(index).padStart(6, '0')}`;
    const random = new Random(seed, `customer-${index}`);
    this.random = random;
    this.persona = random.pick(PERSONAS.map((persona) => [persona, persona.share]));
    this.currency = random.pick(currencies);
    this.channel = random.pick([
      ['WEB', 0.45],
      ['APP', 0.25],
      ['STORE', 0.25],
      ['PHONE', 0.05],
    ]);
    this.supportChannel = random.pick([
      ['EMAIL', 0.4],
      ['PHONE', 0.25],
      ['CHAT', 0.2],
      ['CHATBOT', 0.1],
      ['FORUM', 0.05],
    ]);
    this.recurring = random.chance(this.persona.recurring);
    this.cadenceDays = Math.max(4, random.lognormal(this.persona.cadenceDays, 0.45));
    this.basket = random.lognormal(this.persona.basket, 0.4);
    this.openness = Math.min(0.95, random.lognormal(this.persona.openness, 0.5));
    this.#mood = this.persona.mood + random.normal(0, 0.15);
  }

  /** An id that no other event has. */
  nextEventId(): string {
    return `${this.id}-${this.#events++}`;
  }

  /** −1 to 1. */
  mood(at: number): number {
    const fades = Math.exp(-Math.max(0, at - this.#moodAt) / (MOOD_DAYS * DAY));
    return this.persona.mood + (this.#mood - this.persona.mood) * fades;
  }

  /** An experience, good or bad. */
  feel(at: number, difference: number): void {
    this.#mood = Math.max(-1, Math.min(1, this.mood(at) + difference));
    this.#moodAt = at;
  }

  /** A channel: mostly the usual one. */
  pickChannel(): string {
    return this.random.chance(0.85) ? this.channel : this.random.pick(CHANNELS);
  }
}

const CHANNELS = [
  ['WEB', 5],
  ['APP', 3],
  ['STORE', 2],
] as const;
