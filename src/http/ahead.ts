/**
 * What would move a customer: what each other group would take, and what silence will do. Boundary: for people, it decides nothing; the rules are the domain's, and silence is
 * played by the very function that the processor fires timers with. Pure.
 */
import { fire } from '../domain/customer.ts';
import type { Decision, Group } from '../domain/decision.ts';
import { DAY } from '../domain/ids.ts';
import { groupOf } from '../domain/outlook.ts';
import type { Policy } from '../domain/policy.ts';
import type { CustomerState } from '../domain/state.ts';
import type { CustomerAnswer } from './api.ts';
import type { Found } from './ports.ts';

type Shown = Found['shown'];
type Ways = CustomerAnswer['changesWhen'];
type Condition = Ways[number]['conditions'][number];

/** Instants at which something comes due that are looked at: most are of other things than the group. */
const MOST_TIMERS = 200;

/** The customer's next change of group if nothing happens; null: none, or none among the next timers. The state stays as it is. */
export function inSilence(state: CustomerState, policy: Policy): CustomerAnswer['inSilence'] {
  const draft = structuredClone(state);
  for (let i = 0; i < MOST_TIMERS && draft.due !== null; i++) {
    const said: Decision[] = [];
    fire(draft, draft.due, policy, said);
    const change = said.find((one) => one.type === 'segment-change');
    if (change !== undefined) return { at: change.at, to: change.to };
  }
  return null;
}

/** Until when the group is kept, whatever the scores say; null: not any more. */
export function keptUntil({ group, groupSince, asOf }: Shown, policy: Policy): number | null {
  if (group === null || group === 'NEW' || groupSince === null) return null;
  const until = groupSince + policy.loyalty.dwellDays * DAY;
  return until > asOf ? until : null;
}

/** For each group but the customer's own, and NEW, into which nobody goes back by what they do. Without a condition: it only waits for `keptUntil`. */
export function changesWhen(shown: Shown, policy: Policy): Ways {
  const known = shown.newcomer.value === 1 ? established(shown, policy) : [];
  return [true, false].flatMap((valuable) =>
    [true, false].flatMap((loyal) => {
      const to: Group = groupOf(false, valuable, loyal);
      if (to === shown.group) return [];
      return [{ to, conditions: [...known, ...valueIs(valuable, shown), ...loyaltyIs(loyal, shown, policy)] }];
    }),
  );
}

const condition = (score: Condition['score'], is: number | null, atLeast: number | null, below: number | null): Condition => ({
  score,
  is,
  atLeast,
  below,
});

/** Not new any more: an order, and known for long enough, which is shorter with enough orders. */
function established({ newcomer: { evidence } }: Shown, { newCustomer: { days, leastDays, orders: enough } }: Policy): Condition[] {
  const orders = evidence.orders ?? 0;
  const knownDays = evidence.knownDays ?? null;
  if (knownDays === null) return [condition('orders', orders, 1, null)];
  return [condition('knownDays', knownDays, orders >= enough ? Math.min(leastDays, days) : days, null)];
}

function valueIs(high: boolean, { valueHigh, value, scores }: Shown): Condition[] {
  if (high === valueHigh) return [];
  const { high: from = null, leave = null } = value.evidence;
  return [high ? condition('value', scores.value, from, null) : condition('value', scores.value, null, leave)];
}

function loyaltyIs(high: boolean, { loyaltyHigh, scores }: Shown, { loyalty: { high: from, leave } }: Policy): Condition[] {
  if (high === loyaltyHigh) return [];
  return [high ? condition('loyalty', scores.loyalty, from, null) : condition('loyalty', scores.loyalty, null, leave)];
}
