/**
 * What the stages work on: the last events of a history of the realistic world, cut into steps, with the states as the events before left them.
 * Deterministic and in memory. Boundary: makes inputs, measures nothing.
 */
import { Sent } from '../../src/adapters/kafka/sent.ts';
import { localCodec } from '../../src/codec/local.ts';
import { decodeState, encodeState } from '../../src/codec/state.ts';
import type { EventType, SourceConfig } from '../../src/config/config.ts';
import { type CustomerState, fire, fold, newCustomer } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { LIMITS } from '../../src/engine/engine.ts';
import type { LogRecord, OutRecord } from '../../src/engine/ports.ts';
import { WORLD_ATTRIBUTES } from '../../src/world/traits.ts';
import { World } from '../../src/world/world.ts';

export interface MaterialOptions {
  readonly customers: number;
  readonly days: number;
  /** how many of the last events are measured */
  readonly events: number;
}

interface Arrived {
  readonly topic: string;
  readonly record: LogRecord;
  readonly event: CustomerEvent;
}

/** A step's worth of events. */
export interface Step {
  readonly arrived: readonly Arrived[];
  /** of its customers, before it; null for a new one */
  readonly before: ReadonlyMap<CustomerId, Buffer | null>;
  /** after it */
  readonly after: ReadonlyMap<CustomerId, Buffer>;
  readonly decisions: readonly Decision[];
  readonly outputs: readonly OutRecord[];
}

export interface Material {
  readonly policy: Policy;
  readonly codec: ReturnType<typeof localCodec>;
  readonly steps: readonly Step[];
  readonly events: number;
}

export const SHARD = 0;
/** the last instant of the history, and so the broker's clock */
export const UNTIL = Date.UTC(2026, 0, 1) as Instant;
export const JOURNAL = 'bench.journal';
const TYPES: readonly EventType[] = ['purchase', 'support', 'survey', 'engagement', 'attributes'];
const topicOf = (type: string): string => `bench.${type}`;

export const stateOf = (id: CustomerId, bytes: Buffer | null): CustomerState => (bytes === null ? newCustomer(id) : decodeState(id, bytes));

export function sent(records: readonly OutRecord[]): Sent[] {
  return records.map((record) => new Sent(record, UNTIL));
}

export async function makeMaterial({ customers, days, events }: MaterialOptions): Promise<Material> {
  const policy: Policy = { ...presets.retail, attributes: WORLD_ATTRIBUTES };
  const sources = TYPES.map((type): SourceConfig => ({ type, topic: topicOf(type), format: 'avro', keyedByCustomer: true }));
  const names = ['reroute', 'segmentChanges', 'profiles', 'alerts', 'kpis', 'thresholds', 'deadLetters'] as const;
  const others = Object.fromEntries(names.map((name) => [name, topicOf(name)])) as Record<(typeof names)[number], string>;
  const codec = localCodec({ applicationId: 'bench', topics: { journal: JOURNAL, ...others }, policy, policyHash: 'bench', sources });

  // 1. the history as records
  const arrived: Arrived[] = [];
  for (const item of new World({ customers, days, seed: 1, until: UNTIL }).history()) {
    if (item.raw !== undefined) continue;
    const topic = topicOf(item.type);
    const value = codec.encodeEvent(item);
    const record: LogRecord = {
      offset: arrived.length,
      timestamp: item.deliveredAt,
      key: Buffer.from(item.customerId),
      value,
      headers: [],
    };
    await codec.decoder.prepare(topic, [record]);
    const decoded = codec.decoder.decode(topic, record);
    if (decoded.outcome === 'event' && decoded.event.type !== 'command') arrived.push({ topic, record, event: decoded.event });
  }
  if (arrived.length < events) throw new RangeError(`the history has ${arrived.length} events: more customers or days are needed`);

  // 2. played, all but the last events unseen
  const states = new Map<CustomerId, CustomerState>();
  const steps: Step[] = [];
  const first = arrived.length - events;
  play(arrived.slice(0, first), policy, states, []);
  for (let from = first; from < arrived.length; from += LIMITS.stepRecords) {
    const some = arrived.slice(from, from + LIMITS.stepRecords);
    const ids = [...new Set(some.map(({ event }) => event.customer))];
    const bytesOf = (id: CustomerId): Buffer | null => {
      const state = states.get(id);
      return state === undefined ? null : encodeState(state);
    };
    const before = new Map(ids.map((id) => [id, bytesOf(id)]));
    const decisions: Decision[] = [];
    play(some, policy, states, decisions);
    const after = new Map(ids.map((id) => [id, bytesOf(id) ?? Buffer.alloc(0)]));
    const outputs = decisions.map((decision) => codec.encoder.decision(decision, contextOf()));
    steps.push({ arrived: some, before, after, decisions, outputs });
  }
  return { policy, codec, steps, events };
}

export const contextOf = () => ({ shard: SHARD, now: UNTIL, caughtUpAt: null, trigger: null });

function play(arrived: readonly Arrived[], policy: Policy, states: Map<CustomerId, CustomerState>, decisions: Decision[]): void {
  for (const { event } of arrived) {
    let state = states.get(event.customer);
    if (state === undefined) {
      state = newCustomer(event.customer);
      states.set(event.customer, state);
    }
    fire(state, event.at, policy, decisions);
    fold(state, event, policy, decisions);
  }
}
