/**
 * How many of the demo's customers are at which level of churn risk, and have which early warnings: their states in Redis, read in portions, so that memory does not grow with customers. Each
 * as of the customer's last evaluation.
 */
import { shardOf } from '../codec/murmur2.ts';
import { decodeState } from '../codec/state.ts';
import { LEVELS, type Level, SIGNALS, type Signal } from '../domain/decision.ts';
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { StateStore } from '../engine/ports.ts';
import { table } from './output.ts';

const PORTION = 500;
const BEFORE_ALL = -1 as Instant;

export interface Risks {
  /** of customers who are not LOST */
  readonly levels: Readonly<Record<Level, number>>;
  readonly lost: number;
  /** no order yet, so no level */
  readonly prospects: number;
  /** customers for whom each holds, LOST or not */
  readonly signals: Readonly<Record<Signal, number>>;
}

export async function readRisks(store: Pick<StateStore, 'meta' | 'load'>, shards: number, customers: Iterable<string>): Promise<Risks> {
  const levels = { LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
  const signals = Object.fromEntries(SIGNALS.map((signal) => [signal, 0])) as Record<Signal, number>;
  let lost = 0;
  let prospects = 0;
  const portions = Array.from({ length: shards }, (): CustomerId[] => []);
  const read = async (shard: number): Promise<void> => {
    const ids = portions[shard]?.splice(0) ?? [];
    const meta = ids.length === 0 ? null : await store.meta(shard);
    if (meta === null) return;
    const { states } = await store.load(shard, meta.generation, ids, BEFORE_ALL, 0);
    for (const [i, stored] of states.entries()) {
      const id = ids[i];
      if (stored === null || id === undefined) continue;
      const state = decodeState(id, stored.state);
      if (state.lost) lost += 1;
      else if (state.level === null) prospects += 1;
      else levels[state.level] += 1;
      for (const [index, signal] of SIGNALS.entries()) if ((state.signals[index] ?? null) !== null) signals[signal] += 1;
    }
  };
  for (const id of customers) {
    const shard = shardOf(id as CustomerId, shards);
    const portion = portions[shard];
    if (portion !== undefined && portion.push(id as CustomerId) >= PORTION) await read(shard);
  }
  for (const shard of portions.keys()) await read(shard);
  return { levels, lost, prospects, signals };
}

export function riskTable({ levels, lost, prospects, signals }: Risks): string {
  const risks = table(
    [...LEVELS.map((level) => `#${level}`), '#LOST', '#no order yet'],
    [[...LEVELS.map((level) => levels[level]), lost, prospects]],
  );
  const warnings = table(
    SIGNALS.map((signal) => `#${signal}`),
    [SIGNALS.map((signal) => signals[signal])],
  );
  return ['', 'Churn risk (customers)', risks, '', 'Early warnings (customers, LOST ones too)', warnings].join('\n');
}
