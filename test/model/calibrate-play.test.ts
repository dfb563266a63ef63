/** A policy played over a history: what is counted, against a replay that counts for itself; the presets on their worlds. */
import { beforeAll, describe, expect, test } from 'vitest';
import { fire, fold, newCustomer } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { DAY } from '../../src/domain/ids.ts';
import { PRESETS } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { Gathering } from '../../src/model/calibrate-gather.ts';
import { MOST_ALERTS, MOST_UNDONE } from '../../src/model/calibrate-goals.ts';
import { type Played, play, type Timelines } from '../../src/model/play.ts';
import { UNTIL, world, YEAR_BEFORE } from './calibrate-world.ts';

/** With every profile and every evaluation for KPIs, and counted in another way. */
function naive(timelines: Timelines): Pick<Played, 'moves' | 'judged' | 'undone' | 'alerts' | 'groups'> {
  const groups = { NEW: 0, CHAMPION: 0, POTENTIAL_CHAMPION: 0, LOYALIST: 0, AT_RISK: 0 };
  let [moves, judged, undone, alerts] = [0, 0, 0, 0];
  for (const [customer, events] of timelines) {
    const state = newCustomer(customer);
    const said: Decision[] = [];
    for (const event of events) {
      fire(state, event.at, presets.retail, said);
      fold(state, event, presets.retail, said);
    }
    fire(state, UNTIL, presets.retail, said);
    const changes = said.filter((decision) => decision.type === 'segment-change');
    for (const { from, at } of changes.filter((change) => change.from !== null)) {
      moves += 1;
      if (at + 30 * DAY > UNTIL) continue;
      judged += 1;
      if (changes.some((later) => later.at > at && later.at <= at + 30 * DAY && later.to === from)) undone += 1;
    }
    alerts += said.filter((a) => a.type === 'alert' && a.kind === 'CHURN_RISK' && a.event === 'opened' && a.at >= YEAR_BEFORE).length;
    if (state.contribution.active && state.group !== null) groups[state.group] += 1;
  }
  return { moves, judged, undone, alerts, groups };
}

describe('a play', () => {
  let timelines: Timelines;
  beforeAll(() => {
    timelines = world('retail', 250, 11);
  });

  test('moves, undone moves, alerts and groups are those of a replay with every profile and timer; D3', () => {
    const played = play(timelines, presets.retail, UNTIL);
    expect(played).toMatchObject(naive(timelines));
    expect(played.undone).toBeGreaterThan(3);
    expect(played.alerts).toBeGreaterThan(10);
    expect(played.undoneShare).toBe(played.undone / played.judged);
    const known = [...timelines.values()].reduce((sum, [first]) => sum + Math.min(365, (UNTIL - (first?.at ?? UNTIL)) / DAY), 0);
    expect(played.alertsPerDayPer10k).toBeCloseTo((10_000 * played.alerts) / known, 9);
    expect(played.openedBy.reduce((sum, { alerts }) => sum + alerts, 0)).toBe(played.alerts);
  });

  test('what comes after the end is not there: neither events nor whoever comes with them', () => {
    const end = (UNTIL - 200 * DAY) as typeof UNTIL;
    const cut = new Map([...timelines].map(([customer, events]) => [customer, events.filter(({ at }) => at <= end)] as const));
    expect(play(timelines, presets.retail, end)).toEqual(play(cut, presets.retail, end));
    expect(play(timelines, presets.retail, end).customers).toBeLessThan(timelines.size);
  });

  test('every customer is active, inactive or a prospect', () => {
    const { customers, active, inactive, prospects } = play(timelines, presets.retail, UNTIL);
    expect(active.length + inactive + prospects).toBe(customers);
    expect(Math.min(active.length, inactive, prospects)).toBeGreaterThan(5);
  });
});

test('too many events: customers are sampled by their ids, each whole, whatever the order', () => {
  const timelines = world('retail', 120, 2);
  const all = [...timelines.values()].flat();
  const sampled = (order: typeof all): Gathering => {
    const gathering = new Gathering(Math.floor(all.length / 3));
    for (const event of order) gathering.add(event);
    return gathering;
  };
  const forward = sampled(all);
  const kept = forward.timelines();
  expect(forward.events).toBeLessThanOrEqual(all.length / 3);
  expect(forward.share).toBeLessThanOrEqual(0.25);
  expect(kept.size).toBeGreaterThan(5);
  for (const [customer, events] of kept) expect(events).toEqual(timelines.get(customer));
  expect([...sampled(all.toReversed()).timelines().keys()].sort()).toEqual([...kept.keys()].sort());
});

/** Retail holds the documented defaults, which warn of whoever joins no programme; calibrate brings them to 5 (calibrate.test.ts). */
const ALERTS = { retail: 16, subscription: MOST_ALERTS, b2b: MOST_ALERTS };

test.each(PRESETS)(
  'preset %s on a world of its business: at most 5 % of the moves undone within 30 days, and few CHURN_RISK a day per 10,000 customers',
  { timeout: 60_000 },
  (business) => {
    const played = play(world(business, 800, 9), presets[business], UNTIL);
    expect(played.judged).toBeGreaterThan(1_000);
    expect(played.undoneShare).toBeLessThanOrEqual(MOST_UNDONE);
    expect(played.alertsPerDayPer10k).toBeLessThanOrEqual(ALERTS[business]);
    // silence about those who leave would keep the bound too
    expect(played.alertsPerDayPer10k).toBeGreaterThan(1);
  },
);
