/** The nature of a relationship, and how the customer is served: from contacts, orders and time. */
import { COMMUNITY, contactsBy } from './contacts.ts';
import type { Relationship } from './decision.ts';
import { DAY, dayOf, startOfDay } from './ids.ts';
import { SERVICE_MODES, type ServiceMode } from './policy.ts';
import type { View } from './rules/rule.ts';
import { WINDOW_DAYS } from './state.ts';

/** The mode with most contacts in the last year; of equal ones the first in SERVICE_MODES; null without any. */
export function serviceModeOf({ state, at }: View): ServiceMode | null {
  const sums = contactsBy(state, dayOf(at));
  const most = Math.max(...sums);
  return most === 0 ? null : (SERVICE_MODES[sums.indexOf(most)] ?? null);
}

/** The first that holds, in the order of RELATIONSHIPS. */
export function relationshipOf({ state, policy, at, purchases }: View): Relationship {
  const { communityShare, personalizedShare, longTerm } = policy.relationship;
  const today = dayOf(at);
  const sums = contactsBy(state, today);
  const all = sums.reduce((sum, count) => sum + count, 0);
  if (all > 0 && (sums[COMMUNITY] ?? 0) >= communityShare * all) return 'COMMUNITY';

  const orders = state.placed.filter(({ day }) => day + WINDOW_DAYS > today);
  const personal = orders.filter((order) => order.personal).length;
  if (orders.length > 0 && personal >= personalizedShare * orders.length) return 'PERSONALIZED';

  const isMember = state.memberAt !== null && (state.leftAt === null || state.leftAt < state.memberAt);
  const knownDays = purchases === null ? 0 : (at - startOfDay(purchases.first)) / DAY;
  const isOld = knownDays > longTerm.days && state.orders >= longTerm.orders;
  return isMember || isOld || orders.some((order) => order.recurring) ? 'LONG_TERM' : 'TRANSACTIONAL';
}
