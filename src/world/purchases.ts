/**
 * Orders and what they lead to. Causes: the own cadence, the season and the weekday set when; the person and a sale set how much; a refund or
 * cancellation takes back a real order; the mood at an order decides whether it was the last.
 */
import { DAY } from '../domain/ids.ts';
import type { Campaign } from './calendar.ts';
import { dropOut, engage, thank } from './engage.ts';
import type { Order, Person } from './person.ts';
import { atDaytime, daysFromNow, fact, MINUTE, type Stage } from './stage.ts';
import { openTicket } from './support.ts';
import { introduce, look } from './traits.ts';
import { ask, recommend } from './voice.ts';

/** Plans the next order by the person's own cadence. */
export function planNext(stage: Stage, person: Person): void {
  const { random, persona } = person;
  if (person.recurring && person.orders > 0) {
    planOrder(stage, person, stage.now + 30 * DAY, null);
    return;
  }
  const gap = random.gamma(person.cadenceDays, persona.regularity);
  let at = stage.now + (gap * DAY) / stage.calendar.season(stage.now + gap * DAY);
  for (let tries = 0; tries < 4 && !random.chance(stage.calendar.weekday(at)); tries++) at += DAY;
  const hour = atDaytime(random, at);
  planOrder(stage, person, hour > stage.now ? hour : stage.now + random.between(20, 240) * MINUTE, null);
}

/** Plans the next order for an instant, instead of what was planned before; mostly the shop is visited first. */
export function planOrder(stage: Stage, person: Person, at: number, campaign: Campaign | null): void {
  const plan = ++person.plan;
  const visit = at - person.random.between(4, 50) * MINUTE;
  if (visit > stage.now && person.random.chance(0.4)) {
    stage.plan(person, visit, () => {
      if (person.plan === plan) look(stage, person);
    });
  }
  stage.plan(person, at, () => {
    if (person.plan === plan) order(stage, person, campaign);
  });
}

function order(stage: Stage, person: Person, campaign: Campaign | null): void {
  const { random, persona } = person;
  const reduced = random.chance(campaign?.kind === 'sale' ? 0.9 : persona.discounts);
  const gross = price(random.lognormal(person.basket, 0.4));
  const discountMinor = reduced ? Math.round(gross * random.between(0.1, 0.3)) : 0;
  const placed: Order = {
    id: `o-${person.id}-${person.orders}`,
    at: stage.now,
    amountMinor: gross - discountMinor,
    discountMinor,
    channel: person.pickChannel(),
  };
  stage.happen(person, {
    type: 'purchase',
    record: {
      ...fact(stage, person),
      orderId: placed.id,
      kind: 'PURCHASE',
      amountMinor: placed.amountMinor,
      currency: person.currency,
      discountMinor,
      costMinor: random.chance(0.7) ? Math.round(gross * 0.06) + 150 : null,
      items: 1 + Math.floor(random.exponential(1.2)),
      channel: placed.channel,
      recurring: person.recurring && person.orders > 0,
      recommended: random.chance(person.traits.follows),
      campaignId: campaign?.id ?? null,
      orderedAt: null,
    },
  });
  person.orders++;
  person.lastOrderAt = stage.now;
  if (random.chance(person.orders === 1 ? 0.55 : 0.04)) thank(stage, person);
  followUp(stage, person, placed);

  // drop-out after an order, likelier in a bad mood
  if (random.chance(Math.min(0.95, persona.dropOut * Math.exp(-2.5 * (person.mood(stage.now) - persona.mood))))) dropOut(stage, person);
  else planNext(stage, person);
}

function followUp(stage: Stage, person: Person, placed: Order): void {
  const { random, persona } = person;
  const mood = person.mood(stage.now);
  if (!person.member && random.chance(persona.joins)) {
    stage.plan(person, stage.now + random.between(1, 20) * MINUTE, () => {
      person.member = true;
      engage(stage, person, 'LOYALTY_JOINED', null, placed.channel);
      if (!person.introduced) introduce(stage, person);
    });
  } else if (person.member && random.chance(0.7)) {
    const kind = random.chance(0.12) ? 'LOYALTY_REDEEMED' : 'LOYALTY_EARNED';
    stage.plan(person, stage.now + random.between(0.01, 2) * MINUTE, () => {
      if (person.member) engage(stage, person, kind, null, placed.channel);
    });
  }
  if (random.chance(0.012)) {
    stage.plan(person, stage.now + random.between(10, 1200) * MINUTE, () => takeBack(stage, person, placed, 'CANCELLATION', 1));
  } else if (random.chance(0.035 * (1 - mood))) {
    const share = random.chance(0.6) ? 1 : random.between(0.2, 0.8);
    stage.plan(person, daysFromNow(stage, random, 3, 25), () => takeBack(stage, person, placed, 'REFUND', share));
  }
  if (random.chance(persona.trouble)) stage.plan(person, daysFromNow(stage, random, 0.2, 8), () => openTicket(stage, person));
  ask(stage, person);
  if (random.chance(persona.advocacy * Math.max(0, 1 + 2 * mood))) recommend(stage, person);
}

function takeBack(stage: Stage, person: Person, placed: Order, kind: 'REFUND' | 'CANCELLATION', share: number): void {
  person.feel(stage.now, -0.08);
  stage.happen(person, {
    type: 'purchase',
    record: {
      ...fact(stage, person),
      orderId: placed.id,
      kind,
      amountMinor: Math.round(placed.amountMinor * share),
      currency: person.currency,
      discountMinor: Math.round(placed.discountMinor * share),
      costMinor: null,
      items: 1,
      channel: placed.channel,
      recurring: false,
      recommended: false,
      campaignId: null,
      orderedAt: person.random.chance(0.7) ? placed.at : null,
    },
  });
}

/** Back after all, within days. */
export function comeBack(stage: Stage, person: Person, campaign: Campaign | null): void {
  person.alive = true;
  person.feel(stage.now, 0.15);
  planOrder(stage, person, stage.now + person.random.between(0.3, 60) * 60 * MINUTE, campaign);
}

/** Prices end as prices do. */
function price(cents: number): number {
  const whole = Math.max(200, Math.round(cents / 100) * 100);
  return cents > 20_000 ? whole : whole - (whole % 300 === 0 ? 5 : 1);
}
