/**
 * Small things that several lives share: one contact, a thank-you, and leaving.
 */
import type { EngagementKind } from '../codec/types.ts';
import type { Person } from './person.ts';
import { daysFromNow, fact, HOUR, type Stage } from './stage.ts';

export function engage(stage: Stage, person: Person, kind: EngagementKind, campaignId: string | null, channel: string): void {
  // a voucher costs more than a mail
  const costMinor = kind !== 'CAMPAIGN_SENT' ? null : campaignId?.startsWith('win-back') ? 120 : 3;
  stage.happen(person, { type: 'engagement', record: { ...fact(stage, person), kind, campaignId, channel, costMinor } });
}

/** The shop says thank you for an order, by a message that needs no subscription; it forgets most, of the first orders almost half. */
export function thank(stage: Stage, person: Person): void {
  const { random } = person;
  stage.plan(person, daysFromNow(stage, random, 1, 5), () => {
    const id = `thank-you-${new Date(stage.now).toISOString().slice(0, 7)}`;
    engage(stage, person, 'CAMPAIGN_SENT', id, 'EMAIL');
    if (!random.chance(Math.min(0.9, person.openness + 0.2))) return;
    stage.plan(person, stage.now + random.exponential(6) * HOUR, () => engage(stage, person, 'CAMPAIGN_OPENED', id, 'EMAIL'));
  });
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
