/**
 * The stages of an event, in their order, each alone and with a loop beside it that does only what cannot be left out: the bytes are passed over, copied,
 * looked up. What a stage costs above its limit is what could be gained in it. The broker's, Redis' and the sockets' own time is not here.
 */
import { crc32 } from 'node:zlib';
import { decodeFetched, recordsIn } from '../../src/adapters/kafka/fetched.ts';
import { type ProduceRequest, producing, type Sent } from '../../src/adapters/kafka/sent.ts';
import { packEntries } from '../../src/adapters/redis/bytes.ts';
import { encodeStep } from '../../src/codec/journal.ts';
import { shardOf } from '../../src/codec/murmur2.ts';
import { encodeState } from '../../src/codec/state.ts';
import { type CustomerState, dueOf, fire, fold } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { type CustomerId, type Instant, later } from '../../src/domain/ids.ts';
import type { Booking } from '../../src/domain/kpis.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { record, settle } from '../../src/domain/record.ts';
import { LIMITS } from '../../src/engine/engine.ts';
import { Input } from '../../src/engine/input.ts';
import type { JournalEntry, JournalHeader } from '../../src/engine/journal.ts';
import { type Batch, takeBatch } from '../../src/engine/merge.ts';
import { made } from '../../src/engine/records.ts';
import { Sums } from '../../src/engine/totals.ts';
import { contextOf, JOURNAL, type Material, SHARD, type Step, sent, stateOf, UNTIL } from './material.ts';
import type { Ready } from './measure.ts';

export interface Stage {
  readonly name: string;
  readonly does: string;
  readonly run: Ready;
  readonly limitDoes: string;
  readonly limit: Ready;
}

/** kafkajs's request, of which only the encoding is wanted, and that is the adapter's own. */
const produce = producing(() => ({ encode: () => Promise.reject(new Error('a message was not the adapter’s own')) }));

const requestOf = (topic: string, messages: readonly Sent[]): ProduceRequest => ({
  acks: -1,
  timeout: 1_000,
  transactionalId: 'bench-0',
  producerId: 1n,
  producerEpoch: 1,
  topicData: [{ topic, partitions: [{ partition: SHARD, firstSequence: 0, messages }] }],
});

const BEGINNING = 0 as Instant;
const HEADER: JournalHeader = {
  kind: 'step',
  sequence: 1,
  previous: 0,
  positions: [],
  since: BEGINNING,
  watermark: BEGINNING,
  now: UNTIL,
  caughtUpAt: null,
  policy: 'bench',
  policyText: null,
  shards: 1,
  refused: [],
  stateBytes: 0,
  writtenBytes: 0,
  notKeyed: [],
  accepted: null,
  read: [],
  thresholds: null,
};

type States = Map<CustomerId, CustomerState>;

export async function stagesOf({ steps, policy, codec }: Material): Promise<Stage[]> {
  const each = (work: (step: Step) => unknown): Ready => ready(steps, work);
  const values = steps.flatMap(({ arrived }) => arrived.map(({ record: { value } }) => value ?? Buffer.alloc(0)));
  const shares = await Promise.all(steps.map(shareOf));
  const journals = steps.map(entriesOf);
  const packed = journals.map((entries) => packEntries(entries.map((entry) => ({ ...entry, offset: 0 }))));
  const stored = steps.flatMap(({ before }) => [...before.values()].filter((bytes) => bytes !== null));
  const said = steps.flatMap(({ outputs, after }) => [...outputs.map(({ value }) => value ?? Buffer.alloc(0)), ...after.values()]);
  const states = (): States[] => steps.map(({ before }) => new Map([...before].map(([id, bytes]) => [id, stateOf(id, bytes)])));
  const passOver = (all: readonly Buffer[]) => () => () => all.reduce((sum, bytes) => sum + walk(bytes), 0);
  const copy = (all: readonly Buffer[]) => () => () => all.map((bytes) => Buffer.from(bytes));
  return [
    {
      name: 'fetch',
      does: 'a fetched record batch to records',
      run: () => () => Promise.all(shares.map(async (share) => made(recordsIn(await decodeFetched(bytesOf(share)))))),
      limitDoes: 'pass over its bytes',
      limit: passOver(shares),
    },
    {
      name: 'decode',
      does: 'a value to an event, checked',
      run: each(({ arrived }) => arrived.map(({ topic, record }) => codec.decoder.decode(topic, record))),
      limitDoes: 'pass over its bytes',
      limit: passOver(values),
    },
    {
      name: 'group',
      does: 'the merge of the inputs, and whose states are wanted',
      run: () => {
        const inputs = steps.map(inputOf);
        return () => inputs.map((input) => wanted(takeBatch([input], input, BEGINNING, UNTIL, LIMITS, LIMITS.stepRecords)));
      },
      limitDoes: 'put the customers into a set',
      limit: each(({ arrived }) => new Set(arrived.map(({ event }) => event.customer))),
    },
    {
      name: 'load',
      does: 'the customers’ bytes to states',
      run: each(({ before }) => [...before].map(([id, bytes]) => stateOf(id, bytes))),
      limitDoes: 'pass over their bytes',
      limit: passOver(stored),
    },
    {
      name: 'fold',
      does: 'the facts of the event into the state',
      run: () => {
        const drafts = states();
        return () => steps.map((step, i) => facts(step, drafts[i] ?? new Map(), policy));
      },
      limitDoes: 'look the customer up, move the instant',
      limit: () => {
        const drafts = states();
        return () => steps.map((step, i) => touch(step, drafts[i] ?? new Map()));
      },
    },
    {
      name: 'evaluate',
      does: 'fold and evaluation, timers and KPIs too: the stage above is part of it',
      run: () => {
        const drafts = states();
        return () => steps.map((step, i) => folded(step, drafts[i] ?? new Map(), policy));
      },
      limitDoes: 'read every number of the state once',
      limit: () => {
        const drafts = states();
        return () => steps.map(({ arrived }, i) => arrived.reduce((sum, { event }) => sum + read(drafts[i]?.get(event.customer)), 0));
      },
    },
    {
      name: 'encode',
      does: 'states and decisions to bytes',
      run: () => {
        const drafts = steps.map(({ after }) => [...after].map(([id, bytes]) => stateOf(id, bytes)));
        return () =>
          steps.map(({ decisions }, i) => [
            drafts[i]?.map(encodeState),
            decisions.map((decision) => codec.encoder.decision(decision, contextOf())),
          ]);
      },
      limitDoes: 'copy these bytes',
      limit: copy(said),
    },
    {
      name: 'produce',
      does: 'the journal’s record and the outputs to requests',
      run: () => () =>
        Promise.all(
          steps.flatMap(({ outputs }, i) => {
            const parts = encodeStep(HEADER, journals[i] ?? [], LIMITS.journalPart);
            const journal = parts.map((value) => ({ topic: JOURNAL, partition: SHARD, key: null, value, headers: [] }));
            return [produce(requestOf(JOURNAL, sent(journal))).encode(), produce(requestOf('bench.outputs', sent(outputs))).encode()];
          }),
        ),
      limitDoes: 'copy these bytes, with a checksum',
      limit: () => () => said.map((bytes) => crc32(Buffer.from(bytes))),
    },
    {
      name: 'apply',
      does: 'the arguments of the script that writes to Redis',
      run: () => () =>
        journals.map((entries) => {
          const names = entries.map(({ customer }) => `{bench:0}:0:c:${customer}`);
          return [names, packEntries(entries.map(({ customer, state, due }) => ({ customer, state, due, offset: 0 })))];
        }),
      limitDoes: 'copy these bytes',
      limit: copy(packed),
    },
  ];
}

const ready =
  (steps: readonly Step[], work: (step: Step) => unknown): Ready =>
  () =>
  () =>
    steps.map(work);

function walk(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i] ?? 0;
  return sum;
}

/** bytes of a request to one partition of the topic `t` before the size of its batch */
const BEFORE_BATCH = 30;

/** A partition's share of a fetch: one batch, as a producer wrote it. */
async function shareOf({ arrived }: Step): Promise<Buffer> {
  const records = arrived.map(({ record: { key, value } }) => ({ topic: 't', partition: SHARD, key, value, headers: [] }));
  const { buffer } = await produce(requestOf('t', sent(records))).encode();
  const share = buffer.subarray(BEFORE_BATCH);
  const length = recordsIn(await decodeFetched(bytesOf(share))).length;
  if (length !== arrived.length) throw new Error(`a batch of ${arrived.length} records is read as ${length}`);
  return share;
}

/** The share as kafkajs hands it to its decoder. */
const bytesOf = (share: Buffer) => ({
  readInt32: () => share.readInt32BE(0),
  canReadBytes: (length: number) => length <= share.length - 4,
  readBytes: (length: number) => share.subarray(4, 4 + length),
});

function entriesOf({ after, before }: Step): JournalEntry[] {
  return [...after].map(([customer, state]) => ({
    customer,
    cause: 'event',
    state,
    due: dueOf(stateOf(customer, before.get(customer) ?? null)),
  }));
}

/** An inbox in which the step's events wait, at its end. */
function inputOf({ arrived }: Step): Input {
  const tp = { topic: 'bench', partition: SHARD };
  const input = new Input({ ...tp, next: arrived[0]?.record.offset ?? 0, last: null, newest: null, end: null }, LIMITS);
  const items = arrived.map(({ record, event }) => ({
    input,
    record,
    origin: { ...tp, offset: record.offset, timestamp: record.timestamp },
    decoded: { outcome: 'event', event } as const,
  }));
  input.decodedBatch(items, (items.at(-1)?.record.offset ?? 0) + 1);
  return input;
}

function wanted({ items }: Batch): Set<CustomerId> {
  const customers = new Set<CustomerId>();
  for (const { item } of items) {
    if (item.decoded.outcome === 'event' && shardOf(item.decoded.event.customer, 1) === SHARD) customers.add(item.decoded.event.customer);
  }
  return customers;
}

/** The fold without its evaluation. */
function facts({ arrived }: Step, states: States, policy: Policy): void {
  for (const { event } of arrived) {
    const state = states.get(event.customer);
    if (state === undefined) continue;
    const asOf = later(state.asOf, event.at);
    state.asOf = asOf;
    const notes = { flows: [], lapsed: [] };
    record(state, event, policy, asOf, notes);
    settle(state, policy, asOf, notes);
  }
}

function touch({ arrived }: Step, states: States): void {
  for (const { event } of arrived) {
    const state = states.get(event.customer);
    if (state !== undefined) state.asOf = later(state.asOf, event.at);
  }
}

function folded({ arrived }: Step, states: States, policy: Policy): Sums {
  const decisions: Decision[] = [];
  const bookings: Booking[] = [];
  const sums = new Sums();
  for (const { event } of arrived) {
    const state = states.get(event.customer);
    if (state === undefined) continue;
    fire(state, event.at, policy, decisions, bookings);
    fold(state, event, policy, decisions, bookings);
    for (const booking of bookings) sums.add(booking);
    bookings.length = 0;
  }
  return sums;
}

function read(state: CustomerState | undefined): number {
  if (state === undefined) return 0;
  let sum = state.asOf ?? 0;
  for (const { day, orders, revenue, cost } of state.days) sum += day + orders + revenue + cost;
  for (const { day } of state.placed) sum += day;
  for (const { at, score } of state.feedback) sum += at * score;
  for (const { at } of state.sends) sum += at;
  for (const { at } of state.responses) sum += at;
  for (const { openedAt, resolvedAt } of state.tickets) sum += (openedAt ?? 0) + (resolvedAt ?? 0);
  return sum;
}
