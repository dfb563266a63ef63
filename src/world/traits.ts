/**
 * Who customers are, besides what they do: attributes, and the way in which they like to be served. Causes: parcels to the east come late
 * and broken, so its people are less content and leave sooner; kinds of customers differ in age and interests. Drawn from a stream of its own.
 */
import { engage } from './engage.ts';
import type { Person } from './person.ts';
import type { Persona } from './personas.ts';
import type { Random } from './random.ts';
import { fact, MINUTE, type Stage } from './stage.ts';

/** The attributes of this world with all their values: what a policy for it would keep. */
export const WORLD_ATTRIBUTES = {
  region: ['north', 'east', 'south', 'west'],
  ageBand: ['18-29', '30-44', '45-59', '60+'],
  interest: ['outdoor', 'home', 'tech', 'family'],
} as const;

type Name = keyof typeof WORLD_ATTRIBUTES;

/** How somebody likes to meet the shop. */
export type Style = 'personal' | 'self' | 'automated' | 'community';

export interface Traits {
  readonly style: Style;
  /** the persona as it is lived in the region */
  readonly persona: Persona;
  /** probability that an order follows a recommendation */
  readonly follows: number;
  /** what is known, once it has been told; null was known, and was taken back */
  readonly attributes: Map<Name, string | null>;
}

type Weights = readonly [number, number, number, number];

/** In the order of the values above. */
const AGES: Readonly<Record<string, Weights>> = {
  champion: [1, 3, 5, 2],
  loyalist: [1, 2, 2, 4],
  'bargain-hunter': [6, 3, 1, 1],
  'one-timer': [5, 3, 2, 1],
};
const INTERESTS: Readonly<Record<string, Weights>> = {
  'big-ticket': [1, 2, 6, 1],
  champion: [3, 2, 2, 2],
  loyalist: [1, 3, 1, 4],
};
const EVEN: Weights = [1, 1, 1, 1];
/** Share of those who fill in a form that fill in each field. */
const TOLD = 0.85;

export function drawTraits(random: Random, persona: Persona): Traits {
  const draw = (name: Name, weights: Weights): string => random.pick(WORLD_ATTRIBUTES[name].map((value, i) => [value, weights[i] ?? 0]));
  const region = draw('region', [3, 2, 3, 2]);
  const drawn: [Name, string][] = [
    ['region', region],
    ['ageBand', draw('ageBand', AGES[persona.name] ?? EVEN)],
    ['interest', draw('interest', INTERESTS[persona.name] ?? EVEN)],
  ];
  return {
    style: random.pick([
      ['self', 0.45],
      ['personal', 0.25],
      ['automated', 0.17],
      ['community', 0.13],
    ]),
    persona: region === 'east' ? underserved(persona) : persona,
    follows: random.chance(0.15) ? 0.7 : 0.08,
    attributes: new Map(drawn.filter(() => random.chance(TOLD))),
  };
}

function underserved(persona: Persona): Persona {
  const { mood, trouble, dropOut } = persona;
  return { ...persona, mood: mood - 0.35, trouble: Math.min(0.5, trouble * 2), dropOut: Math.min(0.9, dropOut * 3) };
}

/** Fills in the shop's form: everything that is known, as the topic is compacted. */
export function introduce(stage: Stage, person: Person): void {
  if (person.traits.attributes.size === 0) return;
  stage.plan(person, stage.now + person.random.between(0.5, 15) * MINUTE, () => {
    person.introduced = true;
    const attributes = Object.fromEntries(person.traits.attributes);
    stage.happen(person, { type: 'attributes', record: { ...fact(stage, person), attributes } });
  });
}

/** Birthdays, new interests, second thoughts about what one has told. */
export function change(stage: Stage, person: Person): void {
  const { random, introduced } = person;
  const { attributes } = person.traits;
  if (!introduced || !random.chance(0.06)) return;
  const bands: readonly string[] = WORLD_ATTRIBUTES.ageBand;
  const age = bands.indexOf(attributes.get('ageBand') ?? '');
  const older = bands[age + 1];
  if (age >= 0 && older !== undefined && random.chance(0.4)) attributes.set('ageBand', older);
  else if (random.chance(0.5)) attributes.set('interest', random.pick(WORLD_ATTRIBUTES.interest.map((interest) => [interest, 1])));
  else attributes.set('interest', null);
  introduce(stage, person);
}

type Channels = readonly (readonly [channel: string, weight: number])[];

const ORDERS: Readonly<Record<Style, Channels>> = {
  personal: [
    ['STORE', 8],
    ['PHONE', 1],
    ['WEB', 1],
  ],
  self: [
    ['WEB', 5],
    ['APP', 4],
    ['STORE', 1],
  ],
  automated: [
    ['EMAIL', 6],
    ['WEB', 3],
    ['APP', 1],
  ],
  community: [
    ['SOCIAL', 6],
    ['WEB', 3],
    ['APP', 1],
  ],
};
const VISITS: Readonly<Record<Style, Channels>> = {
  personal: [
    ['STORE', 6],
    ['PHONE', 1],
    ['WEB', 3],
  ],
  self: [
    ['WEB', 6],
    ['APP', 4],
  ],
  automated: [
    ['EMAIL', 4],
    ['WEB', 4],
    ['APP', 2],
  ],
  community: [
    ['COMMUNITY', 5],
    ['FORUM', 3],
    ['WEB', 3],
  ],
};
const HELP: Readonly<Record<Style, Channels>> = {
  personal: [
    ['PHONE', 7],
    ['STORE', 2],
    ['VIDEO', 1],
  ],
  self: [
    ['CHATBOT', 5],
    ['EMAIL', 3],
    ['PORTAL', 2],
  ],
  automated: [
    ['EMAIL', 7],
    ['SMS', 1],
    ['CHATBOT', 1],
  ],
  community: [
    ['FORUM', 5],
    ['SOCIAL', 3],
    ['EMAIL', 2],
  ],
};

/** The usual channel of each occasion; a person keeps to it, mostly. */
export const usual = (random: Random, occasion: 'order' | 'help', style: Style): string =>
  random.pick(occasion === 'order' ? ORDERS[style] : HELP[style]);

/** One look at the shop: on a channel of the person's style, or, of some, a post where customers talk. */
export function look(stage: Stage, person: Person): void {
  const { random, traits } = person;
  const channel = random.pick(VISITS[traits.style]);
  const posts = channel === 'COMMUNITY' && random.chance(0.4);
  engage(stage, person, posts ? 'COMMUNITY_POST' : 'VISIT', null, channel);
}
