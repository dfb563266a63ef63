/**
 * What customers say: answers to surveys, reviews, recommendations. Cause: the mood of the moment.
 */
import type { SurveyKind } from '../codec/types.ts';
import { engage } from './engage.ts';
import type { Person } from './person.ts';
import { daysFromNow, fact, HOUR, type Stage } from './stage.ts';

/** After an order some are asked, and some of them answer; strong feelings become reviews unasked. */
export function ask(stage: Stage, person: Person): void {
  const { random, persona } = person;
  if (random.chance(0.4 * persona.voice))
    stage.plan(person, daysFromNow(stage, random, 2, 6), () => answer(stage, person, 'CSAT', 3.7, 1.6, 1, 5));
  if (random.chance(0.2 * persona.voice))
    stage.plan(person, daysFromNow(stage, random, 6, 14), () => answer(stage, person, 'NPS', 7.2, 3.5, 0, 10));
  const feeling = Math.abs(person.mood(stage.now));
  if (random.chance(0.15 * persona.voice * (feeling > 0.3 ? 2 : 0.5))) {
    stage.plan(person, daysFromNow(stage, random, 3, 14), () => {
      answer(stage, person, 'REVIEW', 3.6, 2, 1, 5);
      stage.plan(person, stage.now + random.between(500, 5_000), () => engage(stage, person, 'REVIEW_POSTED', null, 'WEB'));
    });
  }
}

/** After a ticket: how hard it was made. */
export function askEffort(stage: Stage, person: Person, bad: number): void {
  stage.plan(person, stage.now + person.random.between(1, 30) * HOUR, () => answer(stage, person, 'CES', 5.3 - 2.5 * bad, 1, 1, 7));
}

function answer(stage: Stage, person: Person, kind: SurveyKind, middle: number, swing: number, least: number, most: number): void {
  const mood = person.mood(stage.now);
  const wanted = middle + swing * mood + person.random.normal(0, (most - least) / 9);
  const score = Math.round(Math.max(least, Math.min(most, wanted)));
  const record = {
    ...fact(stage, person),
    kind,
    score,
    // the words fit the score
    comment: comment(person, (2 * (score - least)) / (most - least) - 1),
    channel: person.random.chance(0.8) ? 'EMAIL' : 'WEB',
  };
  stage.happen(person, { type: 'survey', record: { ...record, surveyId: `s-${record.eventId}` } });
}

/** Tells others: a referral, or a post where customers talk. */
export function recommend(stage: Stage, person: Person): void {
  const kind = person.random.chance(0.55) ? 'REFERRAL' : 'COMMUNITY_POST';
  stage.plan(person, daysFromNow(stage, person.random, 1, 12), () =>
    engage(stage, person, kind, null, kind === 'REFERRAL' ? 'WEB' : 'FORUM'),
  );
}

const WORDS = {
  good: [
    'Great service, thank you!',
    'Love it. Fast and friendly.',
    'Exactly what I wanted, perfect.',
    'Always a pleasure.',
    'Sehr gut, gerne wieder!',
  ],
  plain: ['It was okay.', 'Fine, nothing special.', 'Does what it should.', 'Good, but it came late.', 'Ist in Ordnung.'],
  bad: [
    'Very disappointed.',
    'Terrible. I waited a week for an answer.',
    'Bad quality, a waste of money.',
    'Awful. Nobody answered.',
    'I waited far too long.',
    'Leider sehr schlecht.',
  ],
  complaints: [
    'Where is my parcel?',
    'It arrived broken. I am angry.',
    'How do I change my address?',
    'The wrong size again, what a mess.',
  ],
} as const;

/** A few words, sometimes, in the tone of a mood of −1 to 1; not all of them in English, nor in words that say how they are meant. */
export function comment(person: Person, mood: number): string | null {
  if (!person.random.chance(0.3)) return null;
  return oneOf(person, mood > 0.25 ? WORDS.good : mood < -0.2 ? WORDS.bad : WORDS.plain);
}

/** What a ticket is opened with. */
export const complaint = (person: Person): string | null => (person.random.chance(0.3) ? oneOf(person, WORDS.complaints) : null);

const oneOf = (person: Person, words: readonly string[]): string | null => words[person.random.integer(0, words.length - 1)] ?? null;
