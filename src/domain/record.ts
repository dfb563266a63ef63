/**
 * Facts: what an event changes about a customer, whatever was said before. Called with `asOf` already moved; afterwards the state holds
 * nothing that has expired at `asOf`, so equal facts are equal bytes.
 */

import { isPast, recordAttribute, recordContact } from './contacts.ts';
import type { CustomerEvent, Engagement, Survey } from './event.ts';
import { DAY, dayOf, type Instant, later, startOfDay } from './ids.ts';
import { PART_INDEX } from './kpis.ts';
import { dropWhile, insert, keepNewest } from './lists.ts';
import type { Policy } from './policy.ts';
import { bookCost, bookPurchase, settleDays } from './purchases.ts';
import {
  type Answer,
  type AnswerKind,
  BOUNDED,
  type Bounded,
  type CustomerState,
  type Flows,
  KEPT_DAYS,
  LATEST_DAYS,
  MOST_FEEDBACK,
  MOST_ORPHANS,
  MOST_PLACED,
  MOST_SENDS,
  SCORE_STEPS,
  type Short,
  shorten,
  type Ticket,
  type Touch,
} from './state.ts';
import { recordTicket, settleLate, settleTickets } from './tickets.ts';

/** From this scaled score on a public review speaks for the business. */
const POSITIVE = 0.75;

/** What an event has changed beside the state: KPIs of days, and open tickets that no longer fit. */
export interface Notes {
  readonly flows: Flows;
  readonly lapsed: Ticket[];
}

export function record(state: CustomerState, event: CustomerEvent, policy: Policy, asOf: Instant, notes: Notes): void {
  const today = dayOf(asOf);
  const { flows } = notes;
  recordContact(state, event, policy);
  switch (event.type) {
    case 'purchase':
      bookPurchase(state, event, policy, today, flows);
      if (event.campaign !== null) responded(state, shorten(event.campaign), event.at);
      break;
    case 'support':
      recordTicket(state, event, flows);
      if (event.status === 'REPLIED' || event.status === 'RESOLVED') state.contactAt = later(state.contactAt, event.at);
      if (event.satisfaction !== null) {
        answered(state, event.at, 'CSAT', scale(event.satisfaction, 1, 5));
        told(flows, event.at, 'CSAT', event.satisfaction, 1, 5);
      }
      said(state, event.at, event.sentiment, event.satisfaction !== null);
      bookCost(state, dayOf(event.at), event.cost, policy, today);
      break;
    case 'survey': {
      const score = scaleSurvey(event, policy);
      answered(state, event.at, event.kind, score);
      told(flows, event.at, event.kind, event.score, event.kind === 'NPS' ? 0 : 1, policy.feedback.csatMost);
      said(state, event.at, event.sentiment, true);
      if (event.kind === 'REVIEW' && score >= POSITIVE) advocated(state, event.at);
      break;
    }
    case 'engagement':
      engaged(state, event);
      bookCost(state, dayOf(event.at), event.cost, policy, today);
      if (event.campaign !== null && event.cost !== 0)
        flows.push({ day: dayOf(event.at), part: PART_INDEX.campaignCost, amount: event.cost, place: 0 });
      break;
    case 'attributes':
      for (const [name, value] of event.attributes) recordAttribute(state, name, value, event.at);
      break;
    default:
      event satisfies never;
  }
}

/** A response as KPIs count it: NPS by its classes, CSAT by its scale; others not at all. */
function told(flows: Flows, at: Instant, kind: Survey['kind'], score: number, least: number, most: number): void {
  const count = (part: number, amount = 1): void => {
    flows.push({ day: dayOf(at), part, amount, place: 0 });
  };
  if (kind === 'NPS') {
    count(PART_INDEX.npsResponses);
    if (score >= 9) count(PART_INDEX.npsPromoters);
    else if (score <= 6) count(PART_INDEX.npsDetractors);
  } else if (kind === 'CSAT') {
    count(PART_INDEX.csatResponses);
    if (score >= most - 1) count(PART_INDEX.csatSatisfied);
    count(PART_INDEX.csatScore, Math.round(scale(score, least, most) * 1e6));
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
      state.contactAt = later(state.contactAt, event.at);
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
      state.unsubscribedAt = later(state.unsubscribedAt, event.at);
      break;
    case 'RESUBSCRIBED':
      state.resubscribedAt = later(state.resubscribedAt, event.at);
      break;
    case 'REVIEW_POSTED':
    case 'VISIT':
    case 'SIGNED_UP':
      // contacts, and part of the customer's time
      break;
    default:
      event.kind satisfies never;
  }
}

function answered(state: CustomerState, at: Instant, kind: AnswerKind, score: number): void {
  insert(state.feedback, { at, score: Math.round(score * SCORE_STEPS) / SCORE_STEPS, kind }, answerAfter);
}

/** Words: an answer of their own, unless a score stands beside them. */
function said(state: CustomerState, at: Instant, sentiment: number | null, beside: boolean): void {
  if (sentiment !== null) answered(state, at, beside ? 'REMARK' : 'COMMENT', (sentiment + 1) / 2);
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

/** Whether feedback has left its window after one instant, up to another. */
export function expiredBetween(state: CustomerState, policy: Policy, after: Instant, upTo: Instant): boolean {
  const window = policy.loyalty.feedback.windowDays * DAY;
  return state.feedback.some(({ at }) => at + window > after && at + window <= upTo);
}

/** Drops what has expired at `asOf`, then what is over a bound. */
export function settle(state: CustomerState, policy: Policy, asOf: Instant, notes: Notes): void {
  const today = dayOf(asOf);
  const { feedback, engagement, advocacy } = policy.loyalty;
  settleDays(state, today);
  dropWhile(state.placed, (placed) => placed.day < today - KEPT_DAYS);
  dropWhile(state.orphans, (orphan) => orphan.day < today - LATEST_DAYS);
  const feedbackDays = Math.max(feedback.windowDays, policy.churn.negative.windowDays);
  dropWhile(state.feedback, (answer) => answer.at + feedbackDays * DAY <= asOf);
  const { windowDays, matureDays } = engagement;
  const sendsFrom = asOf - Math.max(windowDays, matureDays + 2 * policy.churn.disengaged.windowDays) * DAY;
  dropWhile(state.sends, (send) => send.at <= sendsFrom);
  dropWhile(state.responses, (response) => response.at <= sendsFrom);
  dropWhile(state.contacts, (contacts) => isPast(contacts, today));
  dropWhile(state.advocacy, (count) => startOfDay(count.day + advocacy.windowDays) <= asOf);

  bound(state, 'orders', keepNewest(state.placed, Math.min(policy.refunds.orders, MOST_PLACED)));
  bound(state, 'refunds', keepNewest(state.orphans, MOST_ORPHANS));
  bound(state, 'feedback', keepNewest(state.feedback, MOST_FEEDBACK));
  bound(state, 'campaigns', keepNewest(state.sends, MOST_SENDS));
  bound(state, 'campaigns', keepNewest(state.responses, MOST_SENDS));
  // before a ticket may go: what has been booked of it must be right for good
  settleLate(state, policy, asOf, notes.flows);
  bound(state, 'tickets', settleTickets(state, policy, asOf, notes.lapsed));
}

function bound(state: CustomerState, list: Bounded, dropped: boolean): void {
  if (dropped) state.truncated |= 1 << BOUNDED.indexOf(list);
}

function answerAfter(a: Answer, b: Answer): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.kind === b.kind ? a.score > b.score : a.kind > b.kind;
}
const touchAfter = (a: Touch, b: Touch): boolean => (a.at === b.at ? a.campaign > b.campaign : a.at > b.at);
