/**
 * Facts: what an event changes about a customer, whatever was said before. Called with `asOf` already moved; afterwards the state holds
 * nothing that has expired at `asOf`, so equal facts are equal bytes.
 */
import type { CustomerEvent, Engagement, Survey } from './event.ts';
import { DAY, dayOf, type Instant, startOfDay } from './ids.ts';
import { dropWhile, insert, keepNewest } from './lists.ts';
import type { Policy } from './policy.ts';
import { bookCost, bookPurchase, settleDays } from './purchases.ts';
import {
  type Answer,
  BOUNDED,
  type Bounded,
  type CustomerState,
  KEPT_DAYS,
  LATEST_DAYS,
  MOST_FEEDBACK,
  MOST_ORPHANS,
  MOST_PLACED,
  MOST_SENDS,
  type Short,
  shorten,
  type Touch,
} from './state.ts';

/** From this scaled score on a public review speaks for the business. */
const POSITIVE = 0.75;

export function record(state: CustomerState, event: CustomerEvent, policy: Policy, asOf: Instant): void {
  const today = dayOf(asOf);
  switch (event.type) {
    case 'purchase':
      bookPurchase(state, event, today);
      if (event.campaign !== null) responded(state, shorten(event.campaign), event.at);
      break;
    case 'support':
      if (event.satisfaction !== null) answered(state, event.at, scale(event.satisfaction, 1, 5));
      bookCost(state, dayOf(event.at), event.cost, today);
      break;
    case 'survey': {
      const score = scaleSurvey(event, policy);
      answered(state, event.at, score);
      if (event.kind === 'REVIEW' && score >= POSITIVE) advocated(state, event.at);
      break;
    }
    case 'engagement':
      engaged(state, event);
      bookCost(state, dayOf(event.at), event.cost, today);
      break;
    default:
      event satisfies never;
  }
}

/** A satisfaction or score on its own scale as a share of it, 0–1. */
function scale(score: number, least: number, most: number): number {
  return Math.min(1, Math.max(0, (score - least) / (most - least)));
}

function scaleSurvey(event: Survey, policy: Policy): number {
  switch (event.kind) {
    case 'NPS':
      return scale(event.score, 0, 10);
    case 'CES':
      return scale(event.score, 1, 7);
    case 'CSAT':
    case 'REVIEW':
      return scale(event.score, 1, policy.feedback.csatMost);
  }
}

function engaged(state: CustomerState, event: Engagement): void {
  switch (event.kind) {
    case 'CAMPAIGN_SENT':
      if (event.campaign !== null) sent(state, shorten(event.campaign), event.at);
      break;
    case 'CAMPAIGN_OPENED':
    case 'CAMPAIGN_CLICKED':
      if (event.campaign !== null) responded(state, shorten(event.campaign), event.at);
      break;
    case 'LOYALTY_JOINED':
    case 'LOYALTY_EARNED':
    case 'LOYALTY_REDEEMED':
      // who earns or redeems is a member, also when the joining was before the history
      state.memberAt = later(state.memberAt, event.at);
      break;
    case 'LOYALTY_LEFT':
      state.leftAt = later(state.leftAt, event.at);
      break;
    case 'REFERRAL':
    case 'COMMUNITY_POST':
      advocated(state, event.at);
      break;
    case 'UNSUBSCRIBED':
    case 'RESUBSCRIBED':
    case 'REVIEW_POSTED':
    case 'VISIT':
    case 'SIGNED_UP':
      // heard, and part of the customer's time; no rule reads them
      break;
    default:
      event.kind satisfies never;
  }
}

const later = (a: Instant | null, b: Instant): Instant => (a === null || b > a ? b : a);

function answered(state: CustomerState, at: Instant, score: number): void {
  insert(state.feedback, { at, score }, answerAfter);
}

function sent(state: CustomerState, campaign: Short, at: Instant): void {
  if (state.sends.some((send) => send.at === at && send.campaign === campaign)) return;
  insert(state.sends, { at, campaign }, touchAfter);
}

function responded(state: CustomerState, campaign: Short, at: Instant): void {
  const i = state.responses.findIndex((response) => response.campaign === campaign);
  const known = state.responses[i];
  if (known !== undefined) {
    if (known.at >= at) return;
    state.responses.splice(i, 1);
  }
  insert(state.responses, { at, campaign }, touchAfter);
}

function advocated(state: CustomerState, at: Instant): void {
  const day = dayOf(at);
  const known = state.advocacy.find((count) => count.day === day);
  if (known !== undefined) known.count++;
  else insert(state.advocacy, { day, count: 1 }, (a, b) => a.day > b.day);
}

/** Drops what has expired at `asOf`, then what is over a bound. Returns whether feedback has expired. */
export function settle(state: CustomerState, policy: Policy, asOf: Instant): boolean {
  const today = dayOf(asOf);
  const { feedback, engagement, advocacy } = policy.loyalty;
  settleDays(state, today);
  dropWhile(state.placed, (placed) => placed.day < today - KEPT_DAYS);
  dropWhile(state.orphans, (orphan) => orphan.day < today - LATEST_DAYS);
  const expired = dropWhile(state.feedback, (answer) => answer.at + feedback.windowDays * DAY <= asOf);
  const sendsFrom = asOf - engagement.windowDays * DAY;
  dropWhile(state.sends, (send) => send.at <= sendsFrom);
  dropWhile(state.responses, (response) => response.at <= sendsFrom);
  dropWhile(state.advocacy, (count) => startOfDay(count.day + advocacy.windowDays) <= asOf);

  bound(state, 'orders', keepNewest(state.placed, MOST_PLACED));
  bound(state, 'refunds', keepNewest(state.orphans, MOST_ORPHANS));
  bound(state, 'feedback', keepNewest(state.feedback, MOST_FEEDBACK));
  bound(state, 'campaigns', keepNewest(state.sends, MOST_SENDS));
  bound(state, 'campaigns', keepNewest(state.responses, MOST_SENDS));
  return expired > 0;
}

function bound(state: CustomerState, list: Bounded, dropped: boolean): void {
  if (dropped) state.truncated |= 1 << BOUNDED.indexOf(list);
}

const answerAfter = (a: Answer, b: Answer): boolean => (a.at === b.at ? a.score > b.score : a.at > b.at);
const touchAfter = (a: Touch, b: Touch): boolean => (a.at === b.at ? a.campaign > b.campaign : a.at > b.at);
