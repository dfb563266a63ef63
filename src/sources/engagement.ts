/**
 * Engagement: schemas/in/engagement.avsc to the domain's `Engagement`. Pure.
 */
import type { EngagementKind, EngagementRecord } from '../codec/types.ts';
import { type CustomerId, hash, type Minor } from '../domain/ids.ts';
import { amountFault, factFault, idFault, instant, symbolFault, wordFault } from './checks.ts';
import type { Decoded } from './decoded.ts';

const KINDS: ReadonlySet<EngagementKind> = new Set([
  'CAMPAIGN_SENT',
  'CAMPAIGN_OPENED',
  'CAMPAIGN_CLICKED',
  'UNSUBSCRIBED',
  'RESUBSCRIBED',
  'LOYALTY_JOINED',
  'LOYALTY_EARNED',
  'LOYALTY_REDEEMED',
  'LOYALTY_LEFT',
  'REFERRAL',
  'REVIEW_POSTED',
  'COMMUNITY_POST',
  'VISIT',
  'SIGNED_UP',
]);

export function engagement(record: EngagementRecord): Decoded {
  const fault =
    factFault(record) ??
    symbolFault('kind', record.kind, KINDS) ??
    idFault('campaignId', record.campaignId) ??
    wordFault('channel', record.channel) ??
    amountFault('costMinor', record.costMinor);
  if (fault !== null) return fault;
  return {
    outcome: 'event',
    event: {
      type: 'engagement',
      id: hash(record.eventId),
      customer: record.customerId as CustomerId,
      at: instant(record.occurredAt),
      kind: record.kind,
      campaign: record.campaignId === null ? null : hash(record.campaignId),
      channel: record.channel.toLowerCase(),
      cost: (record.costMinor ?? 0) as Minor,
    },
  };
}
