/**
 * Kinds of customers: who there is, and how each kind lives with the shop. Each person varies around the kind (person.ts). The mix was set
 * so that under the policy of the business every group has members and they move; money in cents.
 */
import type { PresetName } from '../domain/policy.ts';

export interface Persona {
  readonly name: string;
  /** share of the arriving customers */
  readonly share: number;
  /** median days between orders, and how regular they are (shape of the gamma) */
  readonly cadenceDays: number;
  readonly regularity: number;
  /** median of an order before discount, cents */
  readonly basket: number;
  /** probability that an order is the last, in a neutral mood */
  readonly dropOut: number;
  /** share of those who open messages, as a habit */
  readonly openness: number;
  /** probability of joining the programme at an order */
  readonly joins: number;
  /** where the mood returns to, −1 to 1 */
  readonly mood: number;
  /** probability that an order is discounted */
  readonly discounts: number;
  /** probability of a ticket for an order */
  readonly trouble: number;
  /** probability of answering when asked */
  readonly voice: number;
  /** probability that an order leads to a referral or a post, in a good mood */
  readonly advocacy: number;
  /** share with a subscription: orders that recur to the day */
  readonly recurring: number;
}

const PERSONAS: readonly Persona[] = [
  {
    name: 'champion',
    share: 0.13,
    cadenceDays: 26,
    regularity: 3,
    basket: 6200,
    dropOut: 0.012,
    openness: 0.5,
    joins: 0.3,
    mood: 0.35,
    discounts: 0.1,
    trouble: 0.05,
    voice: 0.25,
    advocacy: 0.08,
    recurring: 0.05,
  },
  {
    name: 'loyalist',
    share: 0.18,
    cadenceDays: 30,
    regularity: 3,
    basket: 1500,
    dropOut: 0.016,
    openness: 0.42,
    joins: 0.25,
    mood: 0.25,
    discounts: 0.15,
    trouble: 0.04,
    voice: 0.2,
    advocacy: 0.05,
    recurring: 0.12,
  },
  {
    name: 'big-ticket',
    share: 0.21,
    cadenceDays: 125,
    regularity: 2,
    basket: 34_000,
    dropOut: 0.05,
    openness: 0.12,
    joins: 0.05,
    mood: -0.3,
    discounts: 0.25,
    trouble: 0.14,
    voice: 0.3,
    advocacy: 0.01,
    recurring: 0,
  },
  {
    name: 'casual',
    share: 0.11,
    cadenceDays: 55,
    regularity: 1,
    basket: 4200,
    dropOut: 0.05,
    openness: 0.25,
    joins: 0.25,
    mood: 0.05,
    discounts: 0.2,
    trouble: 0.06,
    voice: 0.15,
    advocacy: 0.02,
    recurring: 0,
  },
  {
    name: 'bargain-hunter',
    share: 0.13,
    cadenceDays: 110,
    regularity: 1,
    basket: 2600,
    dropOut: 0.06,
    openness: 0.4,
    joins: 0.3,
    mood: -0.05,
    discounts: 0.7,
    trouble: 0.06,
    voice: 0.12,
    advocacy: 0.01,
    recurring: 0,
  },
  {
    name: 'one-timer',
    share: 0.16,
    cadenceDays: 70,
    regularity: 1,
    basket: 3800,
    dropOut: 0.8,
    openness: 0.1,
    joins: 0.03,
    mood: -0.1,
    discounts: 0.25,
    trouble: 0.07,
    voice: 0.1,
    advocacy: 0,
    recurring: 0,
  },
  {
    name: 'prospect',
    share: 0.08,
    cadenceDays: 90,
    regularity: 1,
    basket: 3000,
    dropOut: 0.3,
    openness: 0.2,
    joins: 0.05,
    mood: 0,
    discounts: 0.3,
    trouble: 0.05,
    voice: 0.05,
    advocacy: 0,
    recurring: 0,
  },
];

/**
 * The same people as customers of another business, each named as the policy that suits it. Half of a subscriber's orders or more come by
 * themselves, a month apart; a business buys more seldom, for thousands, and is harder to please. Neither has a programme to join.
 */
const BUSINESSES: Readonly<Record<PresetName, (persona: Persona) => Persona>> = {
  retail: (persona) => persona,
  subscription: (persona) => ({
    ...persona,
    basket: persona.basket * 0.7,
    recurring: persona.name === 'one-timer' ? 0.2 : 0.6,
    joins: 0,
  }),
  b2b: (persona) => ({
    ...persona,
    cadenceDays: persona.cadenceDays * 1.5,
    basket: persona.basket * 75,
    discounts: persona.discounts * 0.5,
    mood: persona.mood - 0.1,
    joins: 0,
  }),
};

/** Who comes, each with its weight. */
export const personasOf = (business: PresetName): readonly (readonly [Persona, number])[] =>
  PERSONAS.map((persona) => [BUSINESSES[business](persona), persona.share]);
