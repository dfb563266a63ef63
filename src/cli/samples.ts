/**
 * Samples of foreign records from a file: JSON objects one a line, which may be any number, or a JSON list or one object over several lines, or an Avro container
 * file, which have to fit into memory. Boundary: what a record means is for others. Bounded: what is too large is named, not held.
 */
import { Readable } from 'node:stream';
import avsc from 'avsc';
import { foreignType } from '../codec/foreign.ts';
import { Halt } from '../engine/errors.ts';
import type { Dead } from '../sources/decoded.ts';
import { parseText } from '../sources/json.ts';
import { type Line, readLines } from './lines.ts';

export interface SampleFault {
  readonly reason: Dead['reason'];
  readonly detail: string;
}

/** `number`: of the line, from 1, or in the list, from 0. */
export type Sample = { readonly number: number; readonly unit: 'line' | 'entry' } & (
  | { readonly value: object; readonly fault: null }
  | { readonly value: null; readonly fault: SampleFault }
);

/** What the processor takes of one record, as bytes. */
const MOST_RECORD = 512 << 10;
/** Of a list or a container file. */
const MOST_WHOLE = 32 << 20;
const AVRO_MAGIC = Buffer.from([0x4f, 0x62, 0x6a, 0x01]);

/** Throws Halt when the file cannot be read, or is a list or a container that is too large or broken. */
export async function* readSamples(name: string, bytes: AsyncGenerator<Buffer, void>): AsyncGenerator<Sample, void> {
  const first = await bytes.next();
  if (first.done) return;
  const begun = first.value;
  if (begun.subarray(0, AVRO_MAGIC.length).equals(AVRO_MAGIC)) yield* container(name, await wholeOf(name, joined(begun, bytes)));
  else if (isSpread(begun)) yield* list(name, await wholeOf(name, joined(begun, bytes)));
  else yield* lines(joined(begun, bytes));
}

/** Whether it is a list, or an object whose first line does not end it. */
function isSpread(begun: Buffer): boolean {
  const text = begun.toString('utf8').trimStart();
  if (!text.startsWith('{')) return text.startsWith('[');
  const end = text.indexOf('\n');
  return end >= 0 && parseText(text.slice(0, end)).outcome === 'dead' && !text.slice(end).trimStart().startsWith('{');
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Sample, void> {
  for await (const some of readLines(chunks, MOST_RECORD)) for (const line of some) yield sampleOf(line);
}

function sampleOf({ number, text, fault }: Line): Sample {
  if (text === null) return { number, unit: 'line', value: null, fault: { reason: 'too-large', detail: fault } };
  const parsed = parseText(text);
  if (parsed.outcome === 'object') return { number, unit: 'line', value: parsed.value, fault: null };
  return { number, unit: 'line', value: null, fault: parsed };
}

function* list(name: string, bytes: Buffer): Generator<Sample, void> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8').trim());
  } catch (cause) {
    throw new Halt(`${name} begins as a JSON list or an object over several lines, and is not JSON: give it one object a line`, { cause });
  }
  for (const [number, entry] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) {
    // As text, so that its depth and its size are judged as those of a record.
    const text = JSON.stringify(entry);
    const large = Buffer.byteLength(text) > MOST_RECORD;
    const judged = large ? null : parseText(text);
    if (judged?.outcome === 'object') yield { number, unit: 'entry', value: judged.value, fault: null };
    else {
      const fault: SampleFault = judged ?? { reason: 'too-large', detail: `the value is larger than ${MOST_RECORD} bytes` };
      yield { number, unit: 'entry', value: null, fault };
    }
  }
}

async function* container(name: string, bytes: Buffer): AsyncGenerator<Sample, void> {
  const decoder = Readable.from([bytes]).pipe(new avsc.streams.BlockDecoder({ parseHook: foreignType }));
  let number = 0;
  try {
    for await (const value of decoder) {
      const record: unknown = value;
      if (typeof record === 'object' && record !== null) yield { number, unit: 'entry', value: record, fault: null };
      else yield { number, unit: 'entry', value: null, fault: { reason: 'invalid-record', detail: 'the value is not a record' } };
      number += 1;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Halt(`${name} is an Avro container file that cannot be read behind entry ${number}: ${why}`, { cause });
  }
}

async function wholeOf(name: string, chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MOST_WHOLE)
      throw new Halt(`${name} is larger than ${MOST_WHOLE >> 20} MiB: give it one JSON object a line, which may be any number`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

async function* joined(first: Buffer, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  yield first;
  yield* rest;
}
