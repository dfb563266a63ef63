/**
 * What the tests of faults end with: topics and Redis say, customer by customer, what one fold over all events in time order says. Nothing is missing,
 * nothing is there twice, nothing is there that should not be.
 */
import { expect } from 'vitest';
import { type CustomerState, fire } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { WorldItem, WorldOptions } from '../../src/world/item.ts';
import { World } from '../../src/world/world.ts';
import { chainFaults, episodeFaults } from '../checker/episodes.ts';
import type { Report } from '../checker/findings.ts';
import { alertLineOf, foldAll, lineOf, profileLineOf } from '../engine/support/history.ts';
import type { Application } from '../support/app.ts';
import type { Outputs } from '../support/outputs.ts';

/** A history that ended an hour ago, without the late events: in order within each partition. */
export function historyOf(options: Omit<WorldOptions, 'until' | 'late'> & { readonly until?: Instant }): {
  readonly items: WorldItem[];
  readonly until: Instant;
} {
  const until = options.until ?? ((Date.now() - 3_600_000) as Instant);
  return { items: [...new World({ ...options, until, late: 0 }).history()], until };
}

export const sound = (items: readonly WorldItem[]): TypedRecord[] => items.filter(({ broken }) => broken === undefined);

interface Told {
  readonly changes: readonly string[];
  readonly profiles: readonly string[];
  readonly alerts: readonly string[];
  readonly state: CustomerState | null;
}

/**
 * @param events all that should have been folded, in the order of their time
 * @param until the instant up to which the application has been drained
 */
export async function expectAgreement(app: Application, events: readonly TypedRecord[], until: number): Promise<Outputs> {
  // States first: what they contain has been said in the topics before.
  const states = await app.states();
  const outputs = await app.outputs();
  const folded = foldAll(events, app.config.policy, until);
  const about = outputs.alerts.flatMap((alert) => (alert.customerId === null ? [] : [{ ...alert, customerId: alert.customerId }]));
  const said = { changes: grouped(outputs.changes), profiles: grouped(outputs.profiles), alerts: grouped(about) };

  const differing: { customer: string; is: Told; should: Told }[] = [];
  for (const customer of new Set([folded, states, said.changes, said.profiles, said.alerts].flatMap((each) => [...each.keys()]))) {
    const state = states.get(customer) ?? null;
    const reference = folded.get(customer);
    // Time goes on while one looks: a timer that came due after `until` may have fired already, in Redis or in the topics.
    const seen = state?.asOf ?? Number.NEGATIVE_INFINITY;
    const upTo = <T extends { readonly at: number }>(list: readonly T[] | undefined): readonly T[] =>
      (list ?? []).filter(({ at }) => at <= Math.max(seen, until));
    const is = {
      changes: upTo(said.changes.get(customer)).map(lineOf),
      profiles: upTo(said.profiles.get(customer)).map(profileLineOf),
      alerts: upTo(said.alerts.get(customer)).map(alertLineOf),
      state,
    };
    const nothing = { changes: [], profiles: [], alerts: [], state: null };
    const should = reference === undefined ? nothing : firedUpTo(reference, Math.max(seen, until), app);
    if (JSON.stringify(is) !== JSON.stringify(should)) differing.push({ customer, is, should });
  }
  const [first] = differing;
  if (first !== undefined)
    expect(first.is, `${differing.length} of ${folded.size} customers differ; ${first.customer}`).toEqual(first.should);
  expectChains(outputs, app.config.shards);
  expectEpisodes(outputs, app.config.shards);
  return outputs;
}

function firedUpTo(reference: Told & { readonly state: CustomerState }, until: number, app: Application): Told {
  const out: Decision[] = [];
  const { state } = reference;
  fire(state, until as Instant, app.config.policy, out);
  return {
    changes: [...reference.changes, ...out.filter((one) => one.type === 'segment-change').map(lineOf)],
    profiles: [...reference.profiles, ...out.filter((one) => one.type === 'profile').map(profileLineOf)],
    alerts: [...reference.alerts, ...out.filter((one) => one.type === 'alert').map(alertLineOf)],
    state,
  };
}

/** Of the topic alone: numbers from 1 on, each change goes on from the one before, no id twice, all in the customer's partition and under his key. */
export function expectChains({ changes }: Outputs, shards: number): void {
  expect(faultsOf((report) => chainFaults(changes, shards, report))).toEqual([]);
}

/** Of the topic alone, alerts about the business too: episodes are opened once, go on by numbers, are closed at most once; each id once. */
export function expectEpisodes({ alerts }: Pick<Outputs, 'alerts'>, shards: number): void {
  expect(faultsOf((report) => episodeFaults(alerts, shards, report))).toEqual([]);
}

function faultsOf(find: (report: Report) => void): string[] {
  const faults: string[] = [];
  find((where, what) => faults.push(`${where}: ${what}`));
  return faults;
}

function grouped<T extends { readonly customerId: string }>(records: readonly T[]): Map<string, T[]> {
  return Map.groupBy(records, ({ customerId }) => customerId);
}
