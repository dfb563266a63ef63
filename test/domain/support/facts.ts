/** Which part of a state is facts: the same in any order of arrival. */
import type { CustomerState } from '../../../src/domain/customer.ts';

/** Everything but memory, which is what was said, and what has been booked where. */
export function factsOf(state: CustomerState): object {
  const {
    seen,
    truncated,
    group,
    groupSince,
    valueHigh,
    loyaltyHigh,
    thresholds,
    valueByThresholds,
    changes,
    said,
    profiles,
    profileAt,
    dirty,
    expired,
    due,
    ...rest
  } = state;
  const { signals, level, belowSince, lost, risks, riskRecords, riskPeak, calmSince, followUps, followUpOpen, overdues, ...others } = rest;
  const { followedUpAt, followUpFrom, contribution, places, spendDays, spendSum, placed, orphans, ...more } = others;
  // a closed ticket is forgotten after a month, and what comes later begins another
  const { tickets, openDropped, oldestOpenAt, ...facts } = more;
  const bare = <T extends { place: number }>({ place: _, ...fact }: T) => fact;
  return { ...facts, placed: placed.map(bare), orphans: orphans.map(bare) };
}
