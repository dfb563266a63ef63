/**
 * What a peer has said, read read_committed to the end: what one customer was told, in order, without what is each peer's own (ids made of the application's name, coordinates,
 * the time of noticing). Said up to the end of the history: what fell due after it depends on when one looks.
 */
import { randomUUID } from 'node:crypto';
import { createClient } from '../src/adapters/kafka/client.ts';
import { recordsOf } from '../src/adapters/kafka/fetched.ts';
import { avroType } from '../src/codec/schemas.ts';
import type { SchemaName } from '../src/codec/types.ts';
import { dayOf, type Instant, startOfDay } from '../src/domain/ids.ts';
import type { LogRecord } from '../src/engine/ports.ts';
import { made } from '../src/engine/records.ts';
import { type Application, quiet } from './application.ts';
import type { Fields, Said } from './compare.ts';
import { SENTINEL } from './load.ts';
import { stalled } from './watch.ts';

const STALL_SECONDS = 40;

/** Of every output that a customer has a part in. */
const OWN = new Set(['changeId', 'profileId', 'alertId', 'episodeId', 'detectedAt', 'origin', 'trigger', 'policy', 'nextChangeAt']);
/** Of KPIs also when they were told, and of which records they were made. */
const OWN_OF_KPIS = new Set([...OWN, 'at', 'offsets']);
/** From so many days before the history's last one on, KPIs are what time makes of them: a ticket that is opened then becomes late when nobody has answered it for a day. */
const OPEN_DAYS = 1;

export async function readOutputs(app: Application, until: Instant): Promise<Said> {
  const { segmentChanges, alerts, profiles, kpis, deadLetters } = app.config.topics;
  const said = {
    changes: new Map<string, Fields[]>(),
    alerts: new Map<string, Fields[]>(),
    profiles: new Map<string, Fields[]>(),
    kpis: new Map<string, Fields[]>(),
    deadLetters: 0,
  };
  const keep = (into: Map<string, Fields[]>, schema: SchemaName, last: boolean) => (record: LogRecord) => {
    const key = record.key?.toString() ?? '';
    if (key.startsWith(SENTINEL) || record.value === null) return;
    const fields = fieldsOf(schema, record.value, until);
    if (fields === null) return;
    const list = into.get(key);
    if (list === undefined || last) into.set(key, [fields]);
    else list.push(fields);
  };
  await readToEnd(app, segmentChanges, keep(said.changes, 'out/segment-change', false));
  await readToEnd(app, alerts, keep(said.alerts, 'out/alert', false));
  await readToEnd(app, profiles, keep(said.profiles, 'out/profile', true));
  await readToEnd(app, kpis, keep(said.kpis, 'out/kpi', true));
  await readToEnd(app, deadLetters, () => {
    said.deadLetters += 1;
  });
  return said;
}

/** Behind the magic byte and the schema's id stands a record of our own schema. Null: it says something of after the history. */
function fieldsOf(schema: SchemaName, value: Buffer, until: Instant): Fields | null {
  const record: Record<string, unknown> = avroType(schema).fromBuffer(value.subarray(5));
  if (schema === 'out/kpi') {
    const last = new Date(startOfDay(dayOf(until) - OPEN_DAYS)).toISOString().slice(0, 10);
    return String(record.day) < last ? without(record, OWN_OF_KPIS) : null;
  }
  if (typeof record.at === 'number' && record.at > until) return null;
  // The business's own alerts come of KPIs, whose instants are the publisher's.
  if (schema === 'out/alert' && record.customerId === null) return null;
  return without(record, OWN);
}

const without = (record: Fields, own: ReadonlySet<string>): Fields =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !own.has(name)));

/** Every committed record of a topic, in order within each partition. Rejects when the reader gets nothing for 40 s. */
async function readToEnd({ config, admin }: Application, topic: string, onRecord: (record: LogRecord) => void): Promise<void> {
  const ends = await admin.ends(topic);
  const open = new Set(ends.flatMap(({ start, end }, partition) => (end > start ? [partition] : [])));
  if (open.size === 0) return;
  const groupId = `${config.applicationId}-read-${randomUUID().slice(0, 8)}`;
  const consumer = createClient(config.kafka, quiet, {
    clientId: groupId,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, retries: 8 },
  }).consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 50, sessionTimeout: 10_000, allowAutoTopicCreation: false });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  let batches = 0;
  try {
    await consumer.connect();
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        batches += 1;
        for (const record of made(recordsOf(batch))) onRecord(record);
        if (Number(batch.lastOffset()) >= (ends[batch.partition]?.end ?? 0) - 1) open.delete(batch.partition);
        if (open.size === 0) resolve();
      },
    });
    await Promise.race([promise, stalled(`reading ${topic}`, () => batches, STALL_SECONDS, over.signal)]);
  } finally {
    over.abort();
    await consumer.disconnect();
  }
  await admin.deleteGroup(groupId);
}
