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
    this.latest.push(change);
    if (this.latest.length > LATEST) this.latest.shift();
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

/** Why a customer moved, in a few words: the cause and the strongest drivers since the change before. */
export function reasonOf(change: SegmentChange): string {
  if (change.from === null) return 'first seen';
  const loyalty = change.after.loyalty === null ? '–' : change.after.loyalty.toFixed(0);
  if (change.from === 'NEW') return `no longer new (loyalty ${loyalty}, value ${moneyText(change.after.value, change.currency)})`;
  const drivers = change.drivers
    .filter(({ name, difference }) => name !== 'value' && Math.abs(difference) >= 0.05)
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference))
    .slice(0, 2)
    .map(({ name, difference }) => `${name} ${difference > 0 ? '+' : '−'}${Math.abs(difference).toFixed(1)}`);
  const value = change.drivers.find(({ name }) => name === 'value');
  if (value !== undefined) drivers.push(`value ${value.difference > 0 ? '+' : ''}${moneyText(value.difference, change.currency)}`);
  return `${change.cause.replace('_', ' ')}: ${drivers.join(', ') || 'time'} (loyalty ${loyalty})`;
}

export function tables(tally: Tally): string {
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
    ['at', 'customer', 'from', 'to', 'because'],
    tally.latest
      .toSorted((a, b) => a.at - b.at)
      .map((change) => [instantText(change.at).slice(0, 16), change.customerId, change.from, change.to, reasonOf(change)]),
  );
  return ['', 'Groups', groups, '', 'Moves', matrix, '', 'Latest changes', latest, ''].join('\n');
}
