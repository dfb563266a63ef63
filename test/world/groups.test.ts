/**
 * The world as the domain sees it, folded in memory: under the policy that suits the business every group is there and customers move; every
 * signal, alert about a customer, kind of relationship and mode of service occurs; and attributes gather in groups, as their causes have it.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type CustomerState, fire, fold, newCustomer } from '../../src/domain/customer.ts';
import {
  type Alert,
  type Decision,
  GROUPS,
  LEVELS,
  type Profile,
  RELATIONSHIPS,
  type SegmentChange,
  SIGNALS,
} from '../../src/domain/decision.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { type Policy, PRESETS, type PresetName, SERVICE_MODES } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { termsOf, toEvent } from '../../src/sources/index.ts';
import { generate } from '../../src/world/generate.ts';
import { WORLD_ATTRIBUTES } from '../../src/world/traits.ts';

const UNTIL = Date.UTC(2026, 10, 15) as Instant;

interface Told {
  readonly events: number;
  readonly states: readonly CustomerState[];
  readonly changes: readonly SegmentChange[];
  readonly alerts: readonly Alert[];
  /** the newest of each customer */
  readonly profiles: readonly Profile[];
  readonly signals: ReadonlySet<string>;
  readonly levels: ReadonlySet<string>;
}

function tell(business: PresetName, customers: number): Told {
  const policy: Policy = { ...presets[business], attributes: WORLD_ATTRIBUTES };
  const terms = termsOf(policy);
  const states = new Map<CustomerId, CustomerState>();
  const profiles = new Map<CustomerId, Profile>();
  const changes: SegmentChange[] = [];
  const alerts: Alert[] = [];
  const signals = new Set<string>();
  const levels = new Set<string>();
  const decisions: Decision[] = [];
  const take = (): void => {
    for (const decision of decisions.splice(0)) {
      if (decision.type === 'segment-change') changes.push(decision);
      else if (decision.type === 'alert') alerts.push(decision);
      else {
        profiles.set(decision.customer, decision);
        for (const { signal } of decision.churn.signals) signals.add(signal);
        levels.add(decision.churn.lost ? 'LOST' : String(decision.churn.level));
      }
    }
  };
  let events = 0;
  for (const item of generate({ customers, days: 730, seed: 3, until: UNTIL, late: 0.03, business })) {
    if (item.broken) continue;
    const decoded = toEvent(item, terms);
    if (decoded.outcome !== 'event') throw new Error(decoded.detail);
    const { event } = decoded;
    const state = states.get(event.customer) ?? newCustomer(event.customer);
    states.set(event.customer, state);
    fire(state, event.at, policy, decisions);
    fold(state, event, policy, decisions);
    events++;
    take();
  }
  for (const state of states.values()) fire(state, UNTIL, policy, decisions);
  take();
  return { events, states: [...states.values()], changes, alerts, profiles: [...profiles.values()], signals, levels };
}

test.each(PRESETS)(
  '%s: every group holds at least 3 percent of the customers, and about one event in thirty moves somebody',
  {
    timeout: 60_000,
  },
  (business) => {
    const { events, states, changes } = tell(business, 600);
    for (const group of GROUPS) {
      const share = states.filter((state) => state.group === group).length / states.length;
      expect(share, group).toBeGreaterThan(0.03);
      expect(share, group).toBeLessThan(0.5);
    }
    expect(events / changes.length).toBeGreaterThan(20);
    expect(events / changes.length).toBeLessThan(40);
    expect(new Set(changes.map(({ from, to }) => `${from} ${to}`)).size).toBeGreaterThanOrEqual(12);
  },
);

describe('retail', () => {
  let told: Told;
  beforeAll(() => {
    told = tell('retail', 1_500);
  }, 60_000);

  test('events, late events and silence all move customers', () => {
    expect(new Set(told.changes.map(({ cause }) => cause))).toEqual(new Set(['event', 'silence', 'late-event']));
  });

  test('every signal and level occurs', () => {
    expect(told.signals).toEqual(new Set(SIGNALS));
    expect(told.levels).toEqual(new Set([...LEVELS, 'LOST', 'null']));
  });

  test('every alert about a customer is opened, and closed for each of its reasons', () => {
    const seen = new Set(told.alerts.map(({ kind, event, end }) => `${kind} ${end ?? event}`));
    for (const one of [
      'CHURN_RISK opened',
      'CHURN_RISK escalated',
      'CHURN_RISK purchase',
      'CHURN_RISK recovered',
      'CHURN_RISK lost',
      'FOLLOW_UP_DUE opened',
      'FOLLOW_UP_DUE contacted',
      'SUPPORT_OVERDUE opened',
      'SUPPORT_OVERDUE resolved',
    ])
      expect(seen).toContain(one);
  });

  test('every relationship and mode of service is that of at least 3 % of the customers', () => {
    const share = (holds: (profile: Profile) => boolean): number => told.profiles.filter(holds).length / told.profiles.length;
    for (const one of RELATIONSHIPS)
      expect(
        share(({ relationship }) => relationship === one),
        one,
      ).toBeGreaterThan(0.03);
    for (const one of SERVICE_MODES)
      expect(
        share(({ serviceMode }) => serviceMode === one),
        one,
      ).toBeGreaterThan(0.03);
  });

  test('customers of one age, interest or region gather in one group', () => {
    /** share of a value in the group / its share overall, of those who have told */
    const lift = (name: string, value: string, group: string): number => {
      const all = told.profiles.filter(({ attributes }) => attributes[name] !== undefined);
      const within = all.filter((profile) => profile.group === group);
      const share = (some: readonly Profile[]): number => some.filter(({ attributes }) => attributes[name] === value).length / some.length;
      expect(within.length).toBeGreaterThan(30);
      return share(within) / share(all);
    };
    expect(lift('ageBand', '45-59', 'CHAMPION')).toBeGreaterThan(1.2);
    expect(lift('ageBand', '18-29', 'CHAMPION')).toBeLessThan(0.85);
    expect(lift('ageBand', '60+', 'LOYALIST')).toBeGreaterThan(1.15);
    expect(lift('interest', 'tech', 'POTENTIAL_CHAMPION')).toBeGreaterThan(1.4);
    expect(lift('region', 'east', 'AT_RISK')).toBeGreaterThan(1.15);
  });
});
