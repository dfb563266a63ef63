/**
 * How a customer and the business meet: contacts by service mode, summed by spans of days, and the attributes that are kept. Facts.
 */
import type { CustomerEvent } from './event.ts';
import { dayOf, type Instant } from './ids.ts';
import { insert } from './lists.ts';
import { type Policy, SERVICE_MODES, type ServiceMode } from './policy.ts';
import { type Attribute, type Contacts, type CustomerState, SPAN_DAYS, WINDOW_DAYS } from './state.ts';

export const COMMUNITY = SERVICE_MODES.indexOf('COMMUNITY');

const modeOf = (channel: string, policy: Policy): ServiceMode | null =>
  Object.hasOwn(policy.channels, channel) ? (policy.channels[channel] ?? null) : null;

/** Counts a contact that the customer made: orders, tickets, answers, and all engagement but what the business sends. */
export function recordContact(state: CustomerState, event: CustomerEvent, policy: Policy): void {
  if (event.type === 'attributes') return;
  if (event.type === 'support' && event.status !== 'OPENED' && event.status !== 'REOPENED') return;
  if (event.type === 'engagement' && event.kind === 'CAMPAIGN_SENT') return;
  const mode = event.type === 'engagement' && event.kind === 'COMMUNITY_POST' ? 'COMMUNITY' : modeOf(event.channel, policy);
  if (mode === null) return;
  const span = Math.floor(dayOf(event.at) / SPAN_DAYS);
  let known = state.contacts.find((contacts) => contacts.span === span);
  if (known === undefined) {
    known = { span, counts: SERVICE_MODES.map(() => 0) };
    insert(state.contacts, known, (a, b) => a.span > b.span);
  }
  const i = SERVICE_MODES.indexOf(mode);
  known.counts[i] = (known.counts[i] ?? 0) + 1;
}

/** Whether a span has left the year for good. */
export const isPast = ({ span }: Contacts, today: number): boolean => (span + 1) * SPAN_DAYS <= today - WINDOW_DAYS;

/** Contacts of the last year by SERVICE_MODES, whole spans. */
export function contactsBy(state: CustomerState, today: number): number[] {
  const sums = SERVICE_MODES.map(() => 0);
  for (const contacts of state.contacts) {
    if (isPast(contacts, today)) continue;
    contacts.counts.forEach((count, i) => {
      sums[i] = (sums[i] ?? 0) + count;
    });
  }
  return sums;
}

/** The newest value of each name wins; of two at one instant the greater, so that their order leaves no trace. */
export function recordAttribute(state: CustomerState, name: string, value: string | null, at: Instant): void {
  const i = state.attributes.findIndex((known) => known.name === name);
  const known = state.attributes[i];
  if (known !== undefined) {
    if (known.at > at || (known.at === at && (known.value ?? '') >= (value ?? ''))) return;
    state.attributes.splice(i, 1);
  }
  insert(state.attributes, { name, value, at }, attributeAfter);
}

const attributeAfter = (a: Attribute, b: Attribute): boolean => a.name > b.name;
