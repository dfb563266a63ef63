/**
 * How a transaction's records are cut into sends, and how the answers are checked. Pure.
 * A round holds at most one record batch per partition, so its batches need no order among themselves, and rounds are sent one after the other:
 * that keeps the order within a partition. kafkajs groups a batch's messages in quadratic time, hence the bound on their number.
 */
import type { OutRecord, TopicPartition } from '../../engine/ports.ts';

const BATCH_RECORDS = 500;
const BATCH_BYTES = 512 * 1024;

/** The batches of one send, each of another partition. */
export type Round = readonly { readonly to: TopicPartition; readonly records: readonly OutRecord[] }[];

/** Bytes that a record takes in a batch, about: key, value, headers, and some for its own lengths. */
function sizeOf({ key, value, headers }: OutRecord): number {
  let size = 20 + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) size += 4 + header.key.length * 3 + header.value.length;
  return size;
}

/** Each partition's records in their order; a record larger than a batch's bound has a batch of its own. */
export function roundsOf(records: readonly OutRecord[]): Round[] {
  const batches = new Map<string, { to: TopicPartition; batches: OutRecord[][]; bytes: number }>();
  for (const record of records) {
    const name = `${record.topic} ${record.partition}`;
    let of = batches.get(name);
    if (of === undefined) {
      of = { to: { topic: record.topic, partition: record.partition }, batches: [], bytes: 0 };
      batches.set(name, of);
    }
    const size = sizeOf(record);
    const last = of.batches.at(-1);
    if (last === undefined || last.length >= BATCH_RECORDS || of.bytes + size > BATCH_BYTES) {
      of.batches.push([record]);
      of.bytes = size;
    } else {
      last.push(record);
      of.bytes += size;
    }
  }
  const rounds: { to: TopicPartition; records: readonly OutRecord[] }[][] = [];
  for (const { to, batches: cut } of batches.values()) {
    for (const [i, part] of cut.entries()) {
      const round = rounds[i] ?? [];
      rounds[i] = round;
      round.push({ to, records: part });
    }
  }
  return rounds;
}

/** What a broker answers for one batch; kafkajs gives the numbers as strings, and leaves them out where it lost them. */
export interface Receipt {
  readonly topicName: string;
  readonly partition: number;
  readonly errorCode?: number;
  readonly baseOffset?: string;
  readonly logAppendTime?: string;
}

/**
 * What is wrong with the answers to a round, or null: each partition sent must have exactly one answer, with an offset. kafkajs can otherwise resolve
 * a send whose records it has dropped.
 */
export function faultOf(round: Round, receipts: readonly Receipt[]): string | null {
  if (receipts.length !== round.length) return `${round.length} batches were sent and ${receipts.length} answered`;
  for (const { to } of round) {
    const own = receipts.filter(({ topicName, partition }) => topicName === to.topic && partition === to.partition);
    const [one] = own;
    if (one === undefined || own.length !== 1) return `${to.topic} ${to.partition} has ${own.length} answers`;
    if (offsetOf(one) === null) return `${to.topic} ${to.partition} has no offset in its answer`;
  }
  return null;
}

export function offsetOf({ baseOffset, errorCode }: Receipt): number | null {
  const offset = Number(baseOffset ?? Number.NaN);
  return Number.isSafeInteger(offset) && offset >= 0 && (errorCode ?? 0) === 0 ? offset : null;
}
