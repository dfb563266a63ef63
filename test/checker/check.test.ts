/** The checker checked: of a run in which much happened it finds nothing, and of the same run with one thing changed it finds just that, by the right name. Long, because the table is. */
import { beforeAll, describe, expect, it } from 'vitest';
import { decodePart, encodeStep } from '../../src/codec/journal.ts';
import { decodePublisherState, encodePublisherState, PUBLISHER_KEY, type PublisherState } from '../../src/codec/publisher-state.ts';
import { avroType } from '../../src/codec/schemas.ts';
import { isReserved } from '../../src/codec/totals.ts';
import type { AlertRecord, DeadLetterRecord, SegmentChangeRecord } from '../../src/codec/types.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { JournalEntry, JournalHeader } from '../../src/engine/journal.ts';
import type { LogRecord, Stored } from '../../src/engine/ports.ts';
import { type Checked, check } from './check.ts';
import type { CheckName, Evidence, Partitions, Sample, StoreImage } from './evidence.ts';
import { CANARY, exampleRun } from './example.ts';

const SLOW = 60_000;
const DAY = 86_400_000;
let evidence: Evidence;
let checked: Checked;

beforeAll(async () => {
  evidence = await exampleRun();
  checked = await check(evidence);
}, SLOW);

type Change = (records: LogRecord[]) => LogRecord[];

/** Both readers see the topic so, or only one of them. */
function altered(topic: string, partition: number, change: Change, readers: readonly ('seen' | 'kept')[] = ['seen', 'kept']): Evidence {
  const tampered: { seen: ReadonlyMap<string, Partitions>; kept: ReadonlyMap<string, Partitions> } = { ...evidence };
  for (const reader of readers) {
    const partitions = [...(evidence[reader].get(topic) ?? [])];
    partitions[partition] = change([...(partitions[partition] ?? [])]);
    tampered[reader] = new Map([...evidence[reader], [topic, partitions]]);
  }
  return { ...evidence, ...tampered };
}

const topics = (): Evidence['settings']['topics'] => evidence.settings.topics;
const journal = (change: Change): Evidence => altered(evidence.settings.topics.journal, 1, change);
const changes = (change: Change): Evidence => altered(evidence.settings.topics.segmentChanges, 1, change);
const alerts = (change: Change): Evidence => altered(evidence.settings.topics.alerts, 1, change);
const letters = (change: Change): Evidence => altered(evidence.settings.topics.deadLetters, 1, change);
const purchases = (change: Change): Evidence => altered('test.purchase', 1, change);

const middle = (records: readonly unknown[]): number => records.length >> 1;
const without =
  (i: number): Change =>
  (records) =>
    records.filter((_, at) => at !== i);
const dropped: Change = (records) => without(middle(records))(records);
const doubled: Change = (records) => records.toSpliced(middle(records), 0, at(records, middle(records)));
const again: Change = (records) => [...records, { ...at(records, middle(records)), offset: at(records, records.length - 1).offset + 9 }];
/** The record in the middle takes the place of the next. */
const insteadOfNext: Change = (records) => {
  const i = middle(records);
  return records.toSpliced(i + 1, 1, { ...at(records, i), offset: at(records, i + 1).offset });
};
/** The last step of one part is written once more. */
const stepAgain: Change = (records) => {
  const step = records.findLast(({ value }) => decodePart(value ?? Buffer.alloc(0)).of === 1);
  return step === undefined ? records : [...records, { ...step, offset: at(records, records.length - 1).offset + 9 }];
};
const swapped: Change = (records) => {
  const i = middle(records);
  const [a, b] = [at(records, i), at(records, i + 1)];
  return records.toSpliced(i, 2, { ...b, offset: a.offset }, { ...a, offset: b.offset });
};
function at<T>(list: readonly T[], i: number): T {
  const found = list[i];
  if (found === undefined) throw new Error(`there is no element ${i} of ${list.length}`);
  return found;
}

/** A byte of the value is another. */
const bent = (record: LogRecord, byte: number): LogRecord => {
  const value = Buffer.from(record.value ?? '');
  value.writeUInt8((value.readUInt8(byte) + 1) % 256, byte);
  return { ...record, value };
};

function rewritten<R extends object>(
  schema: 'out/alert' | 'out/dead-letter' | 'out/segment-change',
  record: LogRecord,
  more: (record: R) => Partial<R>,
): LogRecord {
  const value = record.value ?? Buffer.alloc(5);
  const type = avroType(schema);
  const read: R = type.fromBuffer(value.subarray(5));
  return { ...record, value: Buffer.concat([value.subarray(0, 5), type.toBuffer({ ...read, ...more(read) })]) };
}

/** A record of shard 1's journal, which has one part, is another. */
const rejournalled =
  (
    pick: (header: JournalHeader, entries: readonly JournalEntry[]) => boolean,
    more: (header: JournalHeader) => Partial<JournalHeader>,
  ): Change =>
  (records) => {
    let done = false;
    return records.map((record) => {
      const { of, header, entries } = decodePart(record.value ?? Buffer.alloc(0));
      if (done || header === null || of > 1 || !pick(header, entries)) return record;
      done = true;
      return { ...record, value: at(encodeStep({ ...header, ...more(header) }, entries, 1 << 20), 0) };
    });
  };
const isStep = ({ kind, sequence }: JournalHeader): boolean => kind === 'step' && sequence > 5;
/** The same, of the last such record. */
const fromTheEnd =
  (change: Change): Change =>
  (records) =>
    change(records.toReversed()).toReversed();
const foreign = ({ positions }: JournalHeader): Partial<JournalHeader> => ({
  positions: [...positions, { ...at(positions, 0), partition: 0 }],
});
/** Further than there is anything. */
const misread = ({ read }: JournalHeader): Partial<JournalHeader> => ({
  read: read.map(({ shard, offset }) => ({ shard, offset: offset + 1e6 })),
});
const alsoNotKeyed = ({ notKeyed }: JournalHeader): Partial<JournalHeader> => ({ notKeyed: [...notKeyed, 'test.other'] });
const emptied =
  (value: Buffer | null): Change =>
  (records) =>
    records.toSpliced(middle(records), 1, { ...at(records, middle(records)), value });
const isLaterPart = ({ value }: LogRecord): boolean => decodePart(value ?? Buffer.alloc(0)).part > 0;
/** The first part of a record that has more stands at the end, too. */
const begunAgain: Change = (records) => {
  const first = at(records, records.findIndex(isLaterPart) - 1);
  return [...records, { ...first, offset: at(records, records.length - 1).offset + 1 }];
};
/** A step of one part has one more entry for a customer. */
const doubledEntry =
  (cause: JournalEntry['cause']): Change =>
  (records) => {
    const i = records.findIndex(({ value }) => {
      const { of, header, entries } = decodePart(value ?? Buffer.alloc(0));
      return of === 1 && header !== null && entries[0]?.state != null;
    });
    const { header, entries } = decodePart(at(records, i).value ?? Buffer.alloc(0));
    if (header === null) throw new Error('no step has one part and a state');
    return records.toSpliced(i, 1, {
      ...at(records, i),
      value: at(encodeStep(header, [...entries, { ...at(entries, 0), cause }], 1 << 20), 0),
    });
  };

function stored(
  change: (image: { meta: StoreImage['meta']; states: Map<CustomerId, Stored>; due: StoreImage['due'] }) => Partial<StoreImage>,
): Evidence {
  const image = evidence.stores[1];
  if (image == null) throw new Error('shard 1 has no state');
  return { ...evidence, stores: [evidence.stores[0] ?? null, { ...image, ...change({ ...image, states: new Map(image.states) }) }] };
}

const aCustomer = (states: ReadonlyMap<CustomerId, unknown>): CustomerId => {
  const customer = [...states.keys()].find((key) => !isReserved(key));
  if (customer === undefined) throw new Error('no customer');
  return customer;
};

/** States of customers that were committed, and stand no more. */
function olderStates(): Map<CustomerId, Stored> {
  const older = new Map<CustomerId, Stored>();
  for (const { shard, states } of evidence.samples) {
    for (const [customer, state] of states) {
      const now = evidence.stores[1]?.states.get(customer);
      if (shard === 1 && !isReserved(customer) && state !== null && now !== undefined && now.offset > state.offset && !older.has(customer))
        older.set(customer, state);
    }
  }
  return older;
}

const withState = (customer: CustomerId, state: Stored): Evidence => stored(({ states }) => ({ states: states.set(customer, state) }));

/** The sample of shard 1 with the most to see, otherwise. */
function sampled(change: (sample: Sample) => Partial<Sample>): Evidence {
  const sample = evidence.samples.findLast(({ shard, meta }) => shard === 1 && meta !== null);
  if (sample === undefined) throw new Error('nothing was sampled');
  return { ...evidence, samples: [{ ...sample, ...change(sample) }] };
}

const open = (record: LogRecord): boolean =>
  (avroType('out/alert').fromBuffer((record.value ?? Buffer.alloc(0)).subarray(5)) as AlertRecord).event === 'opened';

const TAMPERED: readonly (readonly [what: string, by: CheckName, says: RegExp, make: () => Evidence])[] = [
  ['a journal record is missing', 'V1', /names \d+, not \d+, as its predecessor/, () => journal(dropped)],
  ['a journal record is there twice', 'V1', /as its predecessor/, () => journal(stepAgain)],
  ['two journal records have changed places', 'V1', /as its predecessor|has sequence/, () => journal(swapped)],
  [
    'a journal record is not whole',
    'V1',
    /a part without its first/,
    () => journal((records) => without(records.findIndex(({ value }) => decodePart(value ?? Buffer.alloc(0)).of > 1))(records)),
  ],
  ['the last journal record is missing', 'V1', /what follows was never taken/, () => journal((records) => records.slice(0, -20))],
  [
    'a position goes back',
    'V1',
    /goes back/,
    () => journal(rejournalled(isStep, ({ positions }) => ({ positions: positions.map((position) => ({ ...position, next: 0 })) }))),
  ],
  [
    'W goes back',
    'V1',
    /W goes back|begin under W/,
    () => journal(rejournalled(isStep, ({ watermark }) => ({ watermark: (watermark - 1) as Instant, since: (watermark + 1) as Instant }))),
  ],
  ['W runs ahead of an input', 'V1', /which may be \d+ at most/, () => journal(ahead)],
  [
    'a step was made before its time',
    'V1',
    /by its own account/,
    () => journal(rejournalled(isStep, ({ now }) => ({ now: (now + 60_000) as Instant }))),
  ],
  [
    'a step was made two seconds before its time, and nothing is known of the clocks',
    'V1',
    /by its own account/,
    () => ({ ...journal(rejournalled(isStep, ({ now }) => ({ now: (now + 2_000) as Instant }))), clockSlackMs: null }),
  ],
  ['a record was rerouted twice', 'V1', /was taken before/, () => altered(evidence.settings.topics.reroute, 1, insteadOfNext, ['seen'])],
  ['a record was not rerouted', 'V1', /was never folded/, () => altered(evidence.settings.topics.reroute, 1, insteadOfNext, ['seen'])],
  [
    'a journal record names another number in the chain',
    'V1',
    /has sequence/,
    () => journal(rejournalled(isStep, ({ sequence }) => ({ sequence: sequence + 1 }))),
  ],
  ['the chain does not begin with a claim', 'V1', /the first record is no claim/, () => journal((records) => records.slice(1))],
  ['a journal record has no value', 'V1', /without a value/, () => journal(emptied(null))],
  ['a journal record cannot be read', 'V1', /has version 200/, () => journal(emptied(Buffer.of(200, 1)))],
  ['a journal record ends too early', 'V1', /the last step has 1 of/, () => journal(begunAgain)],
  [
    'a part of a journal record is missing',
    'V1',
    /parts are contiguous|has 1 of \d+ parts/,
    () => journal((records) => without(records.findIndex(isLaterPart))(records)),
  ],
  ['a step was made by other shards', 'V1', /was written with 3 shards/, () => journal(rejournalled(isStep, () => ({ shards: 3 })))],
  [
    'a step was made under another policy',
    'V1',
    /was written under policy other/,
    () => journal(rejournalled(isStep, () => ({ policy: 'other' }))),
  ],
  [
    'a claim moves W',
    'V1',
    /a claim moves W/,
    () =>
      journal(
        rejournalled(
          ({ kind, sequence }) => kind === 'claim' && sequence > 0,
          ({ watermark }) => ({ since: (watermark + 1) as Instant, watermark: (watermark + 1) as Instant }),
        ),
      ),
  ],
  [
    'the instant of catching up is another',
    'V1',
    /caught up at/,
    () =>
      journal(
        rejournalled(
          ({ caughtUpAt }) => caughtUpAt !== null,
          ({ caughtUpAt }) => ({ caughtUpAt: ((caughtUpAt ?? 0) + 1) as Instant }),
        ),
      ),
  ],
  [
    'a step takes up older thresholds',
    'V1',
    /older thresholds/,
    () => journal(rejournalled(isStep, () => ({ thresholds: { version: 2, high: 5 } }))),
  ],
  [
    'a position is lost',
    'V1',
    /has lost its position/,
    () => journal(rejournalled(isStep, ({ positions }) => ({ positions: positions.slice(1) }))),
  ],
  [
    'a position is lost for good',
    'V1',
    /the chain has no position there/,
    () => journal(fromTheEnd(rejournalled(isStep, ({ positions }) => ({ positions: positions.slice(1) })))),
  ],
  [
    'a position is named twice',
    'V1',
    /twice/,
    () => journal(rejournalled(isStep, ({ positions }) => ({ positions: [...positions, at(positions, 0)] }))),
  ],
  ['a position is another shard’s', 'V1', /which is another shard’s/, () => journal(fromTheEnd(rejournalled(isStep, foreign)))],
  ['a step begins an input', 'V1', /only a claim may/, () => journal(rejournalled(isStep, foreign))],
  [
    'what shard 0 has read of another goes back',
    'V1',
    /has read shard \d up to/,
    () =>
      altered(
        evidence.settings.topics.journal,
        0,
        rejournalled(({ read }) => read.length > 0, misread),
        ['seen'],
      ),
  ],
  ['it is forgotten that an input is not keyed by customer', 'V1', /forgets that/, () => journal(rejournalled(isStep, alsoNotKeyed))],
  ['W runs ahead of the clock', 'V1', /later than clock/, () => journal(rejournalled(isStep, ({ now }) => ({ watermark: now })))],
  [
    'a claim moves a position',
    'V1',
    /a claim moves/,
    () =>
      journal(
        rejournalled(
          ({ kind, sequence }) => kind === 'claim' && sequence > 0,
          ({ positions }) => ({ positions: positions.map((position) => ({ ...position, next: position.next + 1 })) }),
        ),
      ),
  ],
  [
    'the last record of an input was never taken',
    'V1',
    /what follows was never taken/,
    () => purchases((records) => [...records, { ...at(records, 5), offset: at(records, records.length - 1).offset + 1 }]),
  ],
  [
    'the first record of an input was never taken',
    'V1',
    /begins at -1/,
    () => purchases((records) => [{ ...at(records, 5), offset: -1 }, ...records]),
  ],
  [
    'a record in reroute was never taken',
    'V1',
    /what follows was never taken/,
    () => altered(evidence.settings.topics.reroute, 1, again, ['seen']),
  ],
  [
    'the record before a position is another',
    'V1',
    /the last record taken/,
    () => purchases((records) => records.map((record) => ({ ...record, timestamp: record.timestamp + 1 }))),
  ],
  ['an input record is missing', 'V2', /made again|missing|no step has written|states take/, () => purchases(dropped)],
  [
    'an input record is another',
    'V2',
    /made again/,
    () => purchases((records) => records.toSpliced(9, 1, { ...at(records, 10), offset: at(records, 9).offset })),
  ],
  ['an output record is missing', 'V2', /is missing/, () => changes(dropped)],
  ['the last output record is missing', 'V2', /missing at the end/, () => changes((records) => records.slice(0, -1))],
  [
    'an output record is there twice',
    'V2',
    /no step has written, the one before it again/,
    () =>
      changes((records) => {
        const i = middle(records);
        return [...records.slice(0, i + 1), ...records.slice(i).map((record) => ({ ...record, offset: record.offset + 1 }))];
      }),
  ],
  ['two output records have changed places', 'V2', /changed places/, () => altered(evidence.settings.topics.profiles, 1, swapped)],
  [
    'a byte of an output record is another',
    'V2',
    /is not what .* has written/,
    () => changes((records) => records.map((record, i) => (i === 3 ? bent(record, 12) : record))),
  ],
  [
    'a header of an output record is another',
    'V2',
    /other headers/,
    () => changes((records) => records.map((record, i) => (i === 3 ? { ...record, headers: record.headers.slice(1) } : record))),
  ],
  ['a rerouted record is there twice', 'V2', /no step has written/, () => altered(evidence.settings.topics.reroute, 1, again, ['seen'])],
  ['a journal entry has another state', 'V2', /made again it is/, () => journal((records) => bentEntry(records))],
  ['a carried entry has another due', 'V2', /with the due/, () => journal(recarried(({ due }) => ({ due: ((due ?? 0) + 1) as Instant })))],
  [
    'a carried state is not the current one',
    'V2',
    /not the current one/,
    () => journal(recarried(({ state }) => ({ state: Buffer.of(...(state ?? []), 1) }))),
  ],
  [
    'a KPI was never committed',
    'V2',
    /no step has written/,
    () => ({
      ...altered(evidence.settings.topics.kpis, 0, (records) => records.slice(0, -1)),
      ...altered(evidence.settings.topics.kpis, 0, (records) => [...records, { ...at(records, 0), offset: 1e6 }]),
    }),
  ],
  ['a KPI is missing', 'V2', /is missing before/, () => altered(evidence.settings.topics.kpis, 0, dropped)],
  ['a KPI is there twice', 'V2', /the one before it again/, () => altered(evidence.settings.topics.kpis, 0, doubled)],
  [
    'a KPI has another value',
    'V2',
    /is not what .* has written/,
    () => altered(evidence.settings.topics.kpis, 0, (records) => records.map((record, i) => (i === 40 ? bent(record, 40) : record))),
  ],
  [
    'shard 0 remembers something else than it has published',
    'V2',
    /remembers something else/,
    () => noted(0, ({ firstDay }) => ({ firstDay: firstDay + 1 })),
  ],
  [
    'an alert about the business is missing',
    'V2',
    /is missing at the end/,
    () =>
      altered(evidence.settings.topics.alerts, 0, (records) => {
        const i = records.findLastIndex(({ key }) => String(key).startsWith('PORTFOLIO'));
        return without(i)(records);
      }),
  ],
  [
    'a KPI is made of no committed step',
    'V2',
    /end of no committed step/,
    () =>
      altered(
        evidence.settings.topics.journal,
        0,
        rejournalled(({ read }) => read.length > 0, misread),
        ['seen'],
      ),
  ],
  ['a journal record has two entries for a customer', 'V2', /two entries for/, () => journal(doubledEntry('event'))],
  ['a journal record carries a state that it has an entry for', 'V2', /which it has an entry for/, () => journal(doubledEntry('carried'))],
  [
    'a header says another size',
    'V2',
    /its header says/,
    () => journal(rejournalled(isStep, ({ stateBytes }) => ({ stateBytes: stateBytes + 1 }))),
  ],
  [
    'a header says that one more input is not keyed by customer',
    'V2',
    /are not keyed by customer, it should be/,
    () => journal(rejournalled(isStep, alsoNotKeyed)),
  ],
  [
    'a header says another newest event',
    'V2',
    /the newest event of/,
    () =>
      journal(
        rejournalled(isStep, ({ positions }) => ({ positions: positions.map((position) => ({ ...position, newest: 7 as Instant })) })),
      ),
  ],
  [
    'an output is of another schema',
    'V2',
    /is no record of/,
    () => changes((records) => [{ ...at(records, 0), value: Buffer.from('short') }, ...records.slice(1)]),
  ],
  [
    'KPIs are told up to an earlier instant than before',
    'V2',
    /holds up to \d+, what was told before up to \d+/,
    () => noted(1, ({ until }) => ({ until: (until - 500 * DAY) as Instant })),
  ],
  [
    'KPIs are told up to an instant that W has not passed',
    'V2',
    /holds up to \d+, later than its watermark/,
    () => noted(1, ({ until }) => ({ until: (until + 500 * DAY) as Instant })),
  ],
  ['shard 0 publishes and remembers nothing', 'V2', /was read anew, but nothing is remembered/, () => noted(1, null)],
  ['nothing is to be published, and KPIs are', 'V2', /nothing publishes any/, () => ({ ...evidence, publishes: false })],
  [
    'one reader saw an output that another did not',
    'V3',
    /followed here/,
    () => altered(evidence.settings.topics.alerts, 1, dropped, ['kept']),
  ],
  [
    'one reader saw another output',
    'V3',
    /is another record/,
    () =>
      altered(evidence.settings.topics.alerts, 1, (records) => records.map((record, i) => (i === 1 ? bent(record, 9) : record)), ['kept']),
  ],
  ['a reader saw an offset twice', 'V3', /is there twice/, () => altered(evidence.settings.topics.alerts, 1, doubled)],
  [
    'something in the journal has gone from its middle',
    'V3',
    /followed here/,
    () => altered(evidence.settings.topics.journal, 1, dropped, ['kept']),
  ],
  [
    'a reader saw two offsets the other way round',
    'V3',
    /comes after/,
    () => altered(evidence.settings.topics.alerts, 1, (records) => records.toReversed(), ['kept']),
  ],
  ['a topic was not read', 'V3', /was not read/, () => ({ ...evidence, kept: new Map([...evidence.kept].slice(1)) })],
  [
    'a stored state is older than the chain',
    'V4',
    /was written at \d+, the last/,
    () => stored(({ states }) => ({ states: new Map([...states, ...olderStates()]) })),
  ],
  [
    'a stored state was never committed',
    'V4',
    /the last that was committed/,
    () =>
      stored(({ states, meta }) => ({
        states: new Map([...states].map(([key, state]) => [key, key === aCustomer(states) ? { ...state, offset: meta.next } : state])),
      })),
  ],
  [
    'a stored state has another byte',
    'V4',
    /other bytes/,
    () =>
      stored(({ states }) => ({
        states: new Map(
          [...states].map(([key, { offset, state }]) => [
            key,
            { offset, state: key === aCustomer(states) ? Buffer.concat([state, Buffer.of(1)]) : state },
          ]),
        ),
      })),
  ],
  ['a stored state is missing', 'V4', /is not there/, () => stored(({ states }) => ({ states: new Map([...states].slice(0, -1)) }))],
  ['a total is missing', 'V4', /is not there/, () => stored(({ states }) => ({ states: new Map([...states].slice(1)) }))],
  ['a stored state is nobody’s', 'V4', /knows nothing/, () => withState('nobody' as CustomerId, { offset: 3, state: Buffer.of(1) })],
  [
    'Redis stands before the journal’s end',
    'V4',
    /the journal ends at/,
    () => stored(({ meta }) => ({ meta: { ...meta, next: meta.next - 1 } })),
  ],
  [
    'Redis keeps another header',
    'V4',
    /another header/,
    () => stored(({ meta }) => ({ meta: { ...meta, header: Buffer.concat([meta.header, Buffer.of(0)]) } })),
  ],
  [
    'a generation is no claim’s',
    'V4',
    /is no claim’s/,
    () => stored(({ meta }) => ({ meta: { ...meta, generation: meta.generation + 1 } })),
  ],
  ['Redis is empty', 'V4', /no current generation/, () => ({ ...evidence, stores: [null, evidence.stores[1] ?? null] })],
  [
    'a timer is later than the state’s own',
    'V4',
    /later than its own/,
    () => stored(({ due }) => ({ due: due.map((timer, i) => (i === 0 ? { ...timer, due: (timer.due + 1) as Instant } : timer)) })),
  ],
  ['a timer is missing', 'V4', /has no timer/, () => stored(({ due }) => ({ due: due.slice(1) }))],
  [
    'a sample stands at no step’s end',
    'V4',
    /end of no committed step/,
    () => sampled(({ meta }) => ({ meta: meta && { ...meta, next: meta.next + 1000 } })),
  ],
  [
    'a sample was never committed',
    'V4',
    /by the step that ends at/,
    () =>
      sampled(({ states }) => ({
        states: new Map(
          [...states].map(([key, one]) => [
            key,
            key === aCustomer(states) && one !== null ? { ...one, state: Buffer.of(...one.state, 1) } : one,
          ]),
        ),
      })),
  ],
  [
    'a sample has lost a customer',
    'V4',
    /is not there/,
    () => sampled(({ states }) => ({ states: new Map([...states, [aCustomer(states), null]]) })),
  ],
  [
    'a sample mixes steps that are not adjacent',
    'V4',
    /by the step that ends at/,
    () => sampled(({ states }) => ({ states: new Map([...states, ...olderStates()]) })),
  ],
  ['a customer has two timers', 'V4', /has two timers/, () => stored(({ due }) => ({ due: [...due, at(due, 0)] }))],
  [
    'a timer is nobody’s',
    'V4',
    /which is no customer/,
    () => stored(({ due }) => ({ due: [...due, { ...at(due, 0), customer: 'nobody' as CustomerId }] })),
  ],
  ['a sample is of no shard', 'V4', /no such shard/, () => sampled(() => ({ shard: 9 }))],
  ['a sample has states and no position', 'V4', /without a position/, () => sampled(() => ({ meta: null }))],
  [
    'a sample has another header',
    'V4',
    /read at \d+: keeps another header/,
    () => sampled(({ meta }) => ({ meta: meta && { ...meta, header: Buffer.of(0) } })),
  ],
  [
    'a sample’s generation is no claim’s',
    'V4',
    /read at \d+: its generation/,
    () => sampled(({ meta }) => ({ meta: meta && { ...meta, generation: meta.generation + 1 } })),
  ],
  ['a sample’s total is of the step after', 'V4', /by the step that ends at/, () => mixedTotal()],
  [
    'an alert is said before its instant',
    'V5',
    /before it was so/,
    () =>
      alerts((records) =>
        records.map((record, i) =>
          i === 2 ? rewritten<AlertRecord>('out/alert', record, ({ at: instant }) => ({ detectedAt: instant - 60_000 })) : record,
        ),
      ),
  ],
  [
    'a change is committed before its instant',
    'V5',
    /was committed at 0/,
    () => committedEarly(1, (topic) => topic === topics().segmentChanges),
  ],
  ['an alert is committed before its instant', 'V5', /was committed at 0/, () => committedEarly(1, (topic) => topic === topics().alerts)],
  [
    'an alert about the business is committed before its instant',
    'V5',
    /was committed at 0/,
    () => committedEarly(0, (topic, key) => topic === topics().alerts && key.includes('|')),
  ],
  [
    'an episode is opened twice',
    'V5',
    /opens while/,
    () =>
      alerts((records) => {
        const i = records.findIndex(open);
        return records.toSpliced(i, 0, at(records, i));
      }),
  ],
  [
    'an episode skips a number',
    'V5',
    /should be/,
    () =>
      alerts((records) =>
        records.map((record, i) =>
          i === 2 ? rewritten<AlertRecord>('out/alert', record, ({ number }) => ({ number: number + 1 })) : record,
        ),
      ),
  ],
  ['a change is missing', 'V5', /follows/, () => changes((records) => records.slice(1))],
  [
    'a change does not go on from the one before',
    'V5',
    /goes on from/,
    () =>
      changes((records) =>
        records.map((record, i) =>
          i === 0 ? rewritten<SegmentChangeRecord>('out/segment-change', record, () => ({ to: 'UNKNOWN' })) : record,
        ),
      ),
  ],
  [
    'a change is in another partition',
    'V5',
    /is in partition 1/,
    () => changes((records) => [...records, ...(evidence.seen.get(evidence.settings.topics.segmentChanges)?.[0] ?? []).slice(0, 1)]),
  ],
  ['a change is there twice', 'V5', /which another has/, () => changes(doubled)],
  [
    'a change’s header has another id',
    'V5',
    /its header says/,
    () => changes((records) => [{ ...at(records, 0), headers: [] }, ...records.slice(1)]),
  ],
  [
    'a change has another key',
    'V5',
    /change 1 of .* has the key x/,
    () => changes((records) => [{ ...at(records, 0), key: Buffer.from('x') }, ...records.slice(1)]),
  ],
  [
    'a change is earlier than the one before',
    'V5',
    /earlier than the one before/,
    () =>
      changes((records) =>
        records.map((record) =>
          rewritten<SegmentChangeRecord>('out/segment-change', record, ({ number, at: instant }) => ({ at: number > 1 ? 1 : instant })),
        ),
      ),
  ],
  ['an alert is there twice', 'V5', /which another record has/, () => alerts(doubled)],
  [
    'an alert has another key',
    'V5',
    /has the key x, not/,
    () => alerts((records) => [{ ...at(records, 0), key: Buffer.from('x') }, ...records.slice(1)]),
  ],
  [
    'an alert is in another partition',
    'V5',
    /alert .* is in partition 1, not 0/,
    () => alerts((records) => [...records, ...(evidence.seen.get(evidence.settings.topics.alerts)?.[0] ?? [])]),
  ],
  [
    'an episode goes on without having begun',
    'V5',
    /and nothing is open/,
    () => alerts((records) => records.filter((record) => !open(record))),
  ],
  [
    'an episode has an end and goes on',
    'V5',
    /is opened with the end/,
    () =>
      alerts((records) =>
        records.map((record) => (open(record) ? rewritten<AlertRecord>('out/alert', record, () => ({ end: 'recovered' })) : record)),
      ),
  ],
  [
    'an episode has the id of another',
    'V5',
    /of another episode/,
    () => alerts((records) => records.map((record) => rewritten<AlertRecord>('out/alert', record, () => ({ alertId: 'one' })))),
  ],
  ['poison has no dead letter', 'V6', /has no dead letter/, () => letters(() => [])],
  ['poison has two dead letters', 'V6', /has 2 dead letters/, () => letters(again)],
  ['a dead letter is of a record that can be used', 'V6', /can be used and has/, () => ({ ...evidence, poison: [] })],
  ['a dead letter is of no record', 'V6', /there is no such record/, () => purchases((records) => records.slice(1))],
  ['it drained late', 'V7', /later than/, () => ({ ...evidence, drainedAfterMs: 60_001 })],
  ['it never drained', 'V7', /never drained/, () => ({ ...evidence, drainedAfterMs: null })],
  ['a shard is taken over in times of peace', 'V7', /was taken over \d+ times/, () => ({ ...evidence, calmAfter: 0 as Instant })],
  [
    'a state is not that of one fold',
    'V8',
    /in Redis than one fold gives/,
    () => stored(({ states }) => ({ states: new Map([...states, ...olderStates()]) })),
  ],
  ['a customer’s change is missing', 'V8', /where one fold says/, () => changes(() => [])],
  [
    'a customer is in Redis without an event',
    'V8',
    /no event that was accepted/,
    () => withState('nobody' as CustomerId, { offset: 3, state: Buffer.of(1) }),
  ],
  [
    'what was in order was taken late',
    'V8',
    /was not folded in the order/,
    () => ({ ...evidence, orderedUntil: Number.MAX_SAFE_INTEGER as Instant }),
  ],
  [
    'a customer is not in Redis',
    'V8',
    /is not in Redis/,
    () => stored(({ states }) => ({ states: new Map([...states].filter(([key]) => key !== aCustomer(states))) })),
  ],
  [
    'a change is nobody’s',
    'V8',
    /is in the topics, and no event/,
    () =>
      changes((records) => [
        ...records,
        rewritten<SegmentChangeRecord>('out/segment-change', at(records, 0), () => ({ customerId: 'nobody' })),
      ]),
  ],
  [
    'a canary is in a log line',
    'V9',
    /holds words/,
    () => ({ ...evidence, words: [{ where: 'a log', text: `failed on "${CANARY.toUpperCase()}"` }] }),
  ],
  [
    'a canary is in a state',
    'V9',
    /holds words/,
    () => withState('c1' as CustomerId, { offset: 1, state: Buffer.from(`\u0001${CANARY}`) }),
  ],
  [
    'a canary is in an output',
    'V9',
    /holds words/,
    () =>
      changes((records) =>
        records.map((record, i) => (i === 1 ? { ...record, headers: [{ key: 'x', value: Buffer.from(CANARY) }] } : record)),
      ),
  ],
  [
    'a canary is in the journal',
    'V9',
    /holds words/,
    () => journal((records) => [...records, { ...at(records, 0), value: Buffer.from(CANARY) }]),
  ],
  [
    'a log names a customer',
    'V9',
    /names the customer c1/,
    () => ({ ...evidence, customers: ['c1'], words: [{ where: 'a log', text: 'cannot fold an event of c1' }] }),
  ],
  [
    'a dead letter’s reason has a canary',
    'V9',
    /holds words/,
    () => letters((records) => records.map((record) => rewritten<DeadLetterRecord>('out/dead-letter', record, () => ({ detail: CANARY })))),
  ],
  [
    'a worker has ended unbidden',
    'V10',
    /was not to end/,
    () => ({ ...evidence, ends: [{ worker: 'w1', code: 0, said: 'bye', expected: null }] }),
  ],
  [
    'a worker has halted with another message',
    'V10',
    /was to halt with/,
    () => ({ ...evidence, ends: [{ worker: 'w1', code: 1, said: 'out of memory', expected: /shards/ }] }),
  ],
  [
    'a worker has ended with another code',
    'V10',
    /was to halt with code 1/,
    () => ({ ...evidence, ends: [{ worker: 'w1', code: 'SIGKILL', said: 'shards', expected: /shards/ }] }),
  ],
];

/** Of the first step of one part, the first state is another. */
function bentEntry(records: LogRecord[]): LogRecord[] {
  for (const [i, record] of records.entries()) {
    const { header, entries, of } = decodePart(record.value ?? Buffer.alloc(0));
    const [first, ...rest] = entries;
    if (header === null || of > 1 || first === undefined || first.state === null) continue;
    const state = Buffer.from(first.state);
    state.writeUInt8((state.readUInt8(state.length - 1) + 1) % 256, state.length - 1);
    return records.toSpliced(i, 1, { ...record, value: at(encodeStep(header, [{ ...first, state }, ...rest], 1 << 20), 0) });
  }
  throw new Error('no step has one part and a state');
}

/** In each step of one part, carried entries are others. */
const recarried =
  (more: (entry: JournalEntry) => Partial<JournalEntry>): Change =>
  (records) =>
    records.map((record) => {
      const { header, entries, of } = decodePart(record.value ?? Buffer.alloc(0));
      if (header === null || of > 1 || !entries.some(({ cause }) => cause === 'carried')) return record;
      const others = entries.map((entry) => (entry.cause === 'carried' ? { ...entry, ...more(entry) } : entry));
      return { ...record, value: at(encodeStep(header, others, 1 << 20), 0) };
    });

/** From the third step on W is where it is at the end. */
const ahead: Change = (records) => {
  const last = at(records, records.length - 1);
  const end = decodePart(last.value ?? Buffer.alloc(0)).header;
  return rejournalled(
    ({ sequence }) => sequence > 2,
    () => ({ since: end?.watermark ?? (0 as Instant), watermark: end?.watermark ?? (0 as Instant) }),
  )(records);
};

/** What shard 0 noted of its publications for the n-th time, counted from 0, is another, as long as before. @param change null: it is noted under another key */
function noted(which: number, change: ((note: PublisherState) => Partial<PublisherState>) | null): Evidence {
  return altered(
    evidence.settings.topics.journal,
    0,
    (records) => {
      let count = 0;
      for (const [i, { value }] of records.entries()) {
        if (value === null) continue;
        const { entries } = decodePart(value);
        const note = entries.find(({ customer, cause }) => customer === PUBLISHER_KEY && cause === 'total')?.state ?? null;
        if (note === null || count++ < which) continue;
        const is = change === null ? Buffer.from(PUBLISHER_KEY) : note;
        const state = decodePublisherState(note);
        const should = change === null ? Buffer.from('\u0000publishes') : encodePublisherState({ ...state, ...change(state) });
        const from = value.indexOf(is);
        if (from < 0 || should.length !== is.length) throw new Error('this note cannot be changed in its place');
        const other = Buffer.from(value);
        should.copy(other, from);
        return records.toSpliced(i, 1, { ...at(records, i), value: other });
      }
      throw new Error(`shard 0 has noted ${count} times what it has published`);
    },
    ['seen'],
  );
}

/** A shard's journal was written long before it was made, and of what is checked for its instant there is nothing but some. */
function committedEarly(shard: number, isSome: (topic: string, key: string) => boolean): Evidence {
  const { journal: log, segmentChanges, alerts: alertsTopic } = topics();
  const early = altered(log, shard, (records) => records.map((record) => ({ ...record, timestamp: 0 })));
  const some = [segmentChanges, alertsTopic].map((topic): [string, Partitions] => [
    topic,
    (evidence.seen.get(topic) ?? []).map((records) => records.filter(({ key }) => isSome(topic, String(key)))),
  ]);
  return { ...early, seen: new Map([...early.seen, ...some]) };
}

/** Two samples of one shard, the totals of the later with the position of the earlier. */
function mixedTotal(): Evidence {
  const of = evidence.samples.filter(({ shard, meta }) => shard === 1 && meta !== null);
  const later = of.at(-1);
  const earlier = of.find(({ meta }) => (meta?.next ?? 0) < (later?.meta?.next ?? 0));
  if (earlier === undefined || later === undefined) throw new Error('too few samples');
  return { ...evidence, samples: [{ ...earlier, states: new Map([...later.states].filter(([key]) => isReserved(key))) }] };
}

describe('of a run as it was, the checker', () => {
  it('finds nothing, and has compared much', () => {
    expect(checked.violations).toEqual([]);
    expect(checked.compared.steps).toBeGreaterThan(30);
    expect(checked.compared.records).toBeGreaterThan(100);
    expect(checked.compared.outputs).toBeGreaterThan(100);
    expect(checked.compared.samples).toBeGreaterThan(200);
    expect(checked.compared.customers).toBeGreaterThan(3);
    expect(checked.compared.readTwice).toBeGreaterThan(400);
    expect(checked.compared.alerts).toBeGreaterThan(10);
    expect(checked.compared.letters).toBe(2);
    expect(checked.compared.searched).toBe(at(evidence.words, 0).text.length);
  });

  it('has seen what the cleaner deleted, carried entries, reroutes and alerts of both kinds', () => {
    const { topics } = evidence.settings;
    const count = (reader: Evidence['seen'], topic: string): number => (reader.get(topic) ?? []).flat().length;
    expect(count(evidence.kept, topics.journal)).toBeLessThan(count(evidence.seen, topics.journal));
    expect(count(evidence.seen, topics.reroute)).toBeGreaterThan(0);
    const causes = (evidence.seen.get(topics.journal) ?? [])
      .flat()
      .flatMap(({ value }) => decodePart(value ?? Buffer.alloc(0)).entries.map(({ cause }) => cause));
    expect([...new Set(causes)].sort()).toEqual(['carried', 'event', 'timer', 'total']);
    expect((evidence.seen.get(topics.alerts) ?? []).flat().map(({ key }) => String(key))).toEqual(
      expect.arrayContaining(['PORTFOLIO|group:AT_RISK']),
    );
  });
});

describe('of a run in which', () => {
  it.each(TAMPERED)('%s, it finds %s', async (_what, by, says, make) => {
    const { violations } = await check(make());
    const found = violations.filter((violation) => violation.check === by).map(({ where, what }) => `${where}: ${what}`);
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(says)]));
    expect(
      Math.max(...[...Map.groupBy(violations, (violation) => violation.check).values()].map(({ length }) => length)),
    ).toBeLessThanOrEqual(21);
  });
});
