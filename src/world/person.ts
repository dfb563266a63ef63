/**
 * One customer: habits that last, and a mood that experience moves. Habits vary around the persona with long tails, so that a few people
 * make most of the orders and most of the revenue, as in real shops.
 */
import { DAY, type Instant } from '../domain/ids.ts';
import type { Persona } from './personas.ts';
import { Random } from './random.ts';
import { drawTraits, type Traits, usual } from './traits.ts';

export interface Order {
  readonly id: string;
  readonly at: Instant;
  readonly amountMinor: number;
  readonly discountMinor: number;
  readonly channel: string;
}

type Weighted<T> = readonly (readonly [T, number])[];

/** Days in which a mood loses two thirds of its distance from where it returns to. */
const MOOD_DAYS = 75;

/** The id of the customer who was the index-th to arrive, from 0. */
export const customerIdOf = (index: number): string => `c${String(index).padStart(6, '0')}`;

export class Person {
  readonly id: string;
  readonly random: Random;
  readonly traits: Traits;
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
  /** has told who they are */
  introduced = false;
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

  constructor(seed: number, index: number, personas: Weighted<Persona>, currencies: Weighted<string>) {
    this.id = customerIdOf(index);
    const random = new Random(seed, `customer-${index}`);
    this.random = random;
    this.traits = drawTraits(new Random(seed, `traits-${index}`), random.pick(personas));
    this.persona = this.traits.persona;
    this.currency = random.pick(currencies);
    this.channel = usual(random, 'order', this.traits.style);
    this.supportChannel = usual(random, 'help', this.traits.style);
    this.recurring = random.chance(this.persona.recurring);
    this.cadenceDays = Math.max(4, random.lognormal(this.persona.cadenceDays, 0.45));
    this.basket = random.lognormal(this.persona.basket, 0.4);
    // as a rule people open almost everything or almost nothing
    this.openness = random.chance(this.persona.openness) ? random.between(0.75, 0.95) : random.between(0.02, 0.12);
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
