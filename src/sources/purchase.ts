/**
 * Purchases: schemas/in/purchase.avsc to the domain's `Purchase`. Pure. Amounts come out in the policy's base currency.
 */
import type { PurchaseKind, PurchaseRecord } from '../codec/types.ts';
import { type CustomerId, hash } from '../domain/ids.ts';
import { amountFault, factFault, idFault, instant, itemsFault, symbolFault, type Terms, timeFault, wordFault } from './checks.ts';
import { type Decoded, dead } from './decoded.ts';
import { MOST_MINOR } from './money.ts';

const KINDS: ReadonlySet<PurchaseKind> = new Set(['PURCHASE', 'REFUND', 'CANCELLATION']);

export function purchase(record: PurchaseRecord, terms: Terms): Decoded {
  const fault =
    factFault(record) ??
    idFault('orderId', record.orderId) ??
    symbolFault('kind', record.kind, KINDS) ??
    amountFault('amountMinor', record.amountMinor) ??
    amountFault('discountMinor', record.discountMinor) ??
    amountFault('costMinor', record.costMinor) ??
    itemsFault('items', record.items) ??
    wordFault('channel', record.channel) ??
    idFault('campaignId', record.campaignId) ??
    timeFault('orderedAt', record.orderedAt);
  if (fault !== null) return fault;
  const at = instant(record.occurredAt);
  const convert = terms.money.at(record.currency, at);
  if (typeof convert !== 'function') return convert;
  const amount = convert(record.amountMinor);
  const discount = convert(record.discountMinor);
  const cost = convert(record.costMinor ?? 0);
  if (Math.max(amount, discount, cost) > MOST_MINOR) return dead('invalid-record', 'an amount is larger than 10^12 in the base currency');
  return {
    outcome: 'event',
    event: {
      type: 'purchase',
      id: hash(record.eventId),
      customer: record.customerId as CustomerId,
      at,
      order: hash(record.orderId),
      kind: record.kind,
      amount,
      discount,
      cost,
      items: record.items,
      channel: record.channel.toLowerCase(),
      recurring: record.recurring,
      recommended: record.recommended,
      campaign: record.campaignId === null ? null : hash(record.campaignId),
      // Clocks of two systems differ: an order is never placed after what takes it back.
      orderedAt: record.kind === 'PURCHASE' || record.orderedAt === null ? null : instant(Math.min(record.orderedAt, at)),
    },
  };
}
