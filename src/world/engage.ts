/**
 * Small things that several lives share: one contact, and leaving.
 */
import type { EngagementKind } from '../codec/types.ts';
import type { Person } from './person.ts';
import { daysFromNow, fact, type Stage } from './stage.ts';

export function engage(stage: Stage, person: Person, kind: EngagementKind, campaignId: string | null, channel: string): void {
  const costMinor = kind === 'CAMPAIGN_SENT' ? 2 : null;
  stage.happen(person, { type: 'engagement', record: { ...fact(stage, person), kind, campaignId, channel, costMinor } });
}

/** The customer has left, without a word: only silence tells. */
export function dropOut(stage: Stage, person: Person): void {
  const { random } = person;
  person.alive = false;
  person.plan++;
  if (person.member && random.chance(0.1)) {
    stage.plan(person, daysFromNow(stage, random, 5, 90), () => {
      if (person.alive || !person.member) return;
      person.member = false;
      engage(stage, person, 'LOYALTY_LEFT', null, person.channel);
    });
  }
}
