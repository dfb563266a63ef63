/**
 * Messages, visits and the way back. Causes: the calendar sends, openness and mood answer, a click brings the next order forward or a lost
 * customer back, and who ignores or dislikes what is sent unsubscribes.
 */
import { DAY } from '../domain/ids.ts';
import type { Campaign } from './calendar.ts';
import { engage } from './engage.ts';
import type { Person } from './person.ts';
import { comeBack, planOrder } from './purchases.ts';
import { daysFromNow, HOUR, MINUTE, type Stage } from './stage.ts';
import { look } from './traits.ts';

/** From here on the person gets the calendar's campaigns. */
export function subscribe(stage: Stage, person: Person): void {
  while (stage.calendar.campaign(person.campaign).at <= stage.now) person.campaign++;
  planCampaign(stage, person);
}

function planCampaign(stage: Stage, person: Person): void {
  const campaign = stage.calendar.campaign(person.campaign++);
  stage.plan(person, campaign.at + person.random.between(0, 3) * HOUR, () => {
    if (!person.subscribed) return;
    // sales are for those who have bought, as a rule
    if (campaign.kind === 'newsletter' || person.orders > 0 || person.random.chance(0.3)) send(stage, person, campaign);
    planCampaign(stage, person);
  });
}

function send(stage: Stage, person: Person, campaign: Campaign): void {
  const { random } = person;
  engage(stage, person, 'CAMPAIGN_SENT', campaign.id, 'EMAIL');
  const opens = person.openness * (person.alive ? 1 : 0.35) * Math.exp(0.6 * person.mood(stage.now));
  if (random.chance(opens)) stage.plan(person, stage.now + random.exponential(5) * HOUR, () => open(stage, person, campaign));
  else if (random.chance(0.0035 * Math.exp(-2 * person.mood(stage.now)))) {
    stage.plan(person, stage.now + random.exponential(8) * HOUR, () => unsubscribe(stage, person));
  }
}

function open(stage: Stage, person: Person, campaign: Campaign): void {
  const { random } = person;
  engage(stage, person, 'CAMPAIGN_OPENED', campaign.id, 'EMAIL');
  const clicks = campaign.kind === 'newsletter' ? 0.15 : 0.25 + 0.4 * person.persona.discounts;
  if (random.chance(clicks)) stage.plan(person, stage.now + random.between(0.5, 8) * MINUTE, () => click(stage, person, campaign));
}

function click(stage: Stage, person: Person, campaign: Campaign): void {
  const { random } = person;
  engage(stage, person, 'CAMPAIGN_CLICKED', campaign.id, 'EMAIL');
  if (!person.alive) {
    if (random.chance(0.12)) comeBack(stage, person, campaign);
  } else if (random.chance(campaign.kind === 'newsletter' ? 0.1 : 0.2 + 0.4 * person.persona.discounts)) {
    planOrder(stage, person, stage.now + random.exponential(14) * HOUR, campaign);
  }
}

function unsubscribe(stage: Stage, person: Person): void {
  if (!person.subscribed) return;
  person.subscribed = false;
  engage(stage, person, 'UNSUBSCRIBED', null, 'EMAIL');
  if (!person.random.chance(0.2)) return;
  stage.plan(person, daysFromNow(stage, person.random, 40, 300), () => {
    person.subscribed = true;
    engage(stage, person, 'RESUBSCRIBED', null, 'WEB');
    subscribe(stage, person);
  });
}

/** Looks in from time to time; who has never bought may do so then. */
export function browse(stage: Stage, person: Person): void {
  const { random } = person;
  const gap = Math.min(60, Math.max(8, person.cadenceDays * 0.9)) * (person.alive ? 1 : 4);
  stage.plan(person, daysFromNow(stage, random, 0, 2 * gap), () => {
    look(stage, person);
    if (person.orders === 0 && person.alive && random.chance(0.03))
      planOrder(stage, person, stage.now + random.between(5, 40) * MINUTE, null);
    browse(stage, person);
  });
}

/** Of those who stay away for a year, some come back by themselves. */
const RETURNS = 0.06;

/** After half a year of silence the shop writes once or twice more. */
export function watchSilence(stage: Stage, person: Person): void {
  const { random } = person;
  stage.plan(person, stage.now + random.between(150, 210) * DAY, () => {
    if (person.lastOrderAt !== null && !person.alive && stage.now - person.lastOrderAt > 370 * DAY && random.chance(RETURNS))
      comeBack(stage, person, null);
    const silent = person.lastOrderAt !== null && stage.now - person.lastOrderAt > 140 * DAY;
    if (silent && person.subscribed && !person.alive) {
      const id = `win-back-${new Date(stage.now).toISOString().slice(0, 7)}`;
      const campaign: Campaign = { id, at: stage.now, kind: 'sale' };
      engage(stage, person, 'CAMPAIGN_SENT', id, 'EMAIL');
      if (random.chance(person.openness * 0.8)) {
        stage.plan(person, stage.now + random.exponential(10) * HOUR, () => {
          engage(stage, person, 'CAMPAIGN_OPENED', id, 'EMAIL');
          if (!person.alive && random.chance(0.4)) comeBack(stage, person, campaign);
        });
      }
    }
    watchSilence(stage, person);
  });
}
