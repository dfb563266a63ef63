/**
 * What can happen to a customer, as the fold sees it: decoded, checked, money in the base currency, foreign ids hashed,
 * text reduced. Made by `sources/`, consumed by `fold`. Pure types.
 */
import type { AlertKind } from './decision.ts';
import type { CustomerId, Hash, Instant, Minor } from './ids.ts';

interface Fact {
  /** hash of `eventId`; what a redelivery is recognised by (D2) */
  readonly id: Hash;
  readonly customer: CustomerId;
  /** event time */
  readonly at: Instant;
}

export interface Purchase extends Fact {
  readonly type: 'purchase';
  readonly order: Hash;
  readonly kind: 'PURCHASE' | 'REFUND' | 'CANCELLATION';
  /** after discounts, before tax and shipping; never negative, the kind says which way it goes */
  readonly amount: Minor;
  readonly discount: Minor;
  readonly cost: Minor;
  readonly items: number;
  /** lower case, here and below: a policy's channels are compared by it */
  readonly channel: string;
  readonly recurring: boolean;
  readonly recommended: boolean;
  readonly campaign: Hash | null;
  /** of a refund or cancellation: when the order it takes back was placed */
  readonly orderedAt: Instant | null;
}

export interface Support extends Fact {
  readonly type: 'support';
  readonly ticket: Hash;
  readonly status: 'OPENED' | 'REPLIED' | 'RESOLVED' | 'REOPENED' | 'CLOSED';
  readonly channel: string;
  readonly priority: string;
  /** 1–5 */
  readonly satisfaction: number | null;
  /** of the comment, −1 to 1; null without one, or when it says nothing that is understood */
  readonly sentiment: number | null;
  readonly cost: Minor;
}

export interface Survey extends Fact {
  readonly type: 'survey';
  readonly survey: Hash;
  readonly kind: 'NPS' | 'CSAT' | 'REVIEW' | 'CES';
  /** on the kind's own scale: NPS 0–10, CSAT and REVIEW 1–5, CES 1–7 */
  readonly score: number;
  /** of the comment, −1 to 1; null without one, or when it says nothing that is understood */
  readonly sentiment: number | null;
  readonly channel: string;
}

export interface Engagement extends Fact {
  readonly type: 'engagement';
  readonly kind:
    | 'CAMPAIGN_SENT'
    | 'CAMPAIGN_OPENED'
    | 'CAMPAIGN_CLICKED'
    | 'UNSUBSCRIBED'
    | 'RESUBSCRIBED'
    | 'LOYALTY_JOINED'
    | 'LOYALTY_EARNED'
    | 'LOYALTY_REDEEMED'
    | 'LOYALTY_LEFT'
    | 'REFERRAL'
    | 'REVIEW_POSTED'
    | 'COMMUNITY_POST'
    | 'VISIT'
    | 'SIGNED_UP';
  readonly campaign: Hash | null;
  readonly channel: string;
  readonly cost: Minor;
}

export interface Attributes extends Fact {
  readonly type: 'attributes';
  /** only those that the policy keeps, by name in order; a value has 1–64 bytes of well-formed UTF-8, null removes the attribute */
  readonly attributes: readonly (readonly [name: string, value: string | null])[];
}

export type CustomerEvent = Purchase | Support | Survey | Engagement | Attributes;

/** What somebody of the business wants done. No fact about the customer: it moves neither scores nor time. */
export interface Command extends Fact {
  readonly type: 'command';
  readonly kind: 'ACKNOWLEDGE';
  /** the command's own id, said beside what it led to */
  readonly command: string;
  /** the episode as its records name it */
  readonly alert: AlertKind;
  readonly subject: string;
  readonly episode: number;
  /** of the latest record of the episode that was seen: what came after it was not */
  readonly number: number;
  readonly by: string;
}

/** Whatever a source gives. */
export type InputEvent = CustomerEvent | Command;
