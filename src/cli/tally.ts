/**
 * What the topic of segment changes says, counted: transitions, sizes of the groups, the latest changes. Bounded, whatever the number of customers:
 * a group's size is what moved in less what moved out.
 */
import { avroType } from '../codec/schemas.ts';
import type { Group as OutGroup, SegmentChangeRecord as SegmentChange } from '../codec/types.ts';
import { GROUPS, type Group } from '../domain/decision.ts';
import { instantText, moneyText, table } from './output.ts';

type From = Group | 'none';
const LATEST = 8;

const isGroup = (name: OutGroup | null): name is Group => GROUPS.some((group) => group === name);

/** Adds to a list in the order of event time, of which the last are kept. Topics' partitions are read one beside the other. */
export function keepLatest<T extends { readonly at: number }>(list: T[], one: T, most: number): void {
  list.splice(list.findLastIndex(({ at }) => at <= one.at) + 1, 0, one);
  if (list.length > most) list.shift();
}

export class Tally {
  changes = 0;
  readonly #moves = new Map<From, Map<Group, number>>();
  readonly latest: SegmentChange[] = [];

  /** Counts the value of one record of the topic; returns the change. */
  add(value: Buffer): SegmentChange {
    // Behind the magic byte and the schema's id stands a record of the schema that this very release has registered.
    const change: SegmentChange = avroType('out/segment-change').fromBuffer(value.subarray(5));
    this.changes += 1;
    const from: From = isGroup(change.from) ? change.from : 'none';
    if (isGroup(change.to)) {
      const moves = this.#moves.get(from) ?? new Map<Group, number>();
      this.#moves.set(from, moves.set(change.to, (moves.get(change.to) ?? 0) + 1));
    }
    keepLatest(this.latest, change, LATEST);
    return change;
  }

  moves(from: From, to: Group): number {
    return this.#moves.get(from)?.get(to) ?? 0;
  }

  get groups(): Record<Group, number> {
    const size = (group: Group): number => {
      let sum = this.moves('none', group);
      for (const other of GROUPS) sum += this.moves(other, group) - this.moves(group, other);
      return sum;
    };
    return Object.fromEntries(GROUPS.map((group) => [group, size(group)])) as Record<Group, number>;
  }

  get transitions(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#moves].map(([from, to]) => [from, Object.fromEntries(to)]));
  }
}

const isValuable = (group: OutGroup): boolean => group === 'CHAMPION' || group === 'POTENTIAL_CHAMPION';
const isLoyal = (group: OutGroup): boolean => group === 'CHAMPION' || group === 'LOYALIST';

/** Why a customer moved, in a few words: the cause and, of the two scores, what moved the one that passed its threshold. */
export function reasonOf({ cause, from, to, after, drivers, currency }: SegmentChange): string {
  if (from === null) return 'first seen';
  if (from === 'NEW') return `known by now: loyalty ${after.loyalty?.toFixed(0) ?? '–'}, value ${moneyText(after.value, currency)}`;
  const value = drivers.find(({ name }) => name === 'value');
  const others = drivers
    .filter(({ name, difference }) => name !== 'value' && Math.abs(difference) >= 0.05)
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  const reasons: string[] = [];
  if (value !== undefined && isValuable(from) !== isValuable(to))
    reasons.push(`value ${value.difference > 0 ? '+' : ''}${moneyText(value.difference, currency)}`);
  if (isLoyal(from) !== isLoyal(to)) {
    for (const { name, difference } of others.slice(0, 2 - reasons.length))
      reasons.push(`${name} ${difference > 0 ? '+' : '−'}${Math.abs(difference).toFixed(1)}`);
  }
  return `${cause.replace('_', ' ')}: ${reasons.join(', ') || 'time'}`;
}

export function changeTables(tally: Tally): string {
  const sizes = tally.groups;
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  const share = (group: Group): string => `${((100 * sizes[group]) / Math.max(1, total)).toFixed(1)} %`;
  const groups = table(
    ['group', '#customers', '#share'],
    GROUPS.map((group) => [group, sizes[group], share(group)]),
  );
  const matrix = table(
    ['from / to', ...GROUPS.map((group) => `#${group}`)],
    (['none', ...GROUPS] as const).map((from) => [
      from === 'none' ? 'first seen' : from,
      ...GROUPS.map((to) => tally.moves(from, to) || '·'),
    ]),
  );
  const latest = table(
    ['at', 'customer', 'move', 'because'],
    tally.latest.map((change) => [
      instantText(change.at).slice(0, 16),
      change.customerId,
      `${change.from ?? '–'} → ${change.to}`,
      reasonOf(change),
    ]),
  );
  return ['', 'Groups', groups, '', 'Moves', matrix, '', 'Latest changes', latest].join('\n');
}
