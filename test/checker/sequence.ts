/** What a partition holds beside what it should hold: the first place at which they part, and how. Boundary: two sequences of records. */
import { avroType } from '../../src/codec/schemas.ts';
import type { LogRecord, OutRecord } from '../../src/engine/ports.ts';
import { sameBytes, sameContent } from './bytes.ts';
import type { Report } from './findings.ts';
import { SCHEMA_OF } from './outputs.ts';

export interface Expected {
  readonly record: OutRecord;
  /** the step that wrote it */
  readonly by: string;
}

/** @param name of the topic, where its records can be read for the message */
export function sameSequence(
  name: keyof typeof SCHEMA_OF | null,
  lane: string,
  expected: readonly Expected[],
  written: readonly LogRecord[],
  report: Report,
): void {
  const length = Math.max(expected.length, written.length);
  let i = 0;
  const same = (a: number, b: number): boolean => {
    const [should, is] = [expected[a], written[b]];
    return should !== undefined && is !== undefined && sameContent(should.record, is);
  };
  while (i < length && same(i, i)) i++;
  if (i === length) return;
  const [should, is] = [expected[i], written[i]];
  const counts = `${written.length} records are there, ${expected.length} should be`;
  if (same(i + 1, i) && same(i, i + 1)) report(`${lane}@${is?.offset}`, `two records have changed places, of ${should?.by}; ${counts}`);
  else if (should !== undefined && (is === undefined || same(i + 1, i)))
    report(lane, `a record of ${should.by} is missing${is === undefined ? ' at the end' : ` before offset ${is.offset}`}; ${counts}`);
  else if (is !== undefined && (should === undefined || same(i, i + 1)))
    report(
      `${lane}@${is.offset}`,
      `is a record that no step has written${i > 0 && sameContent(is, written[i - 1] ?? is) ? ', the one before it again' : ''}; ${counts}`,
    );
  else if (should !== undefined && is !== undefined)
    report(`${lane}@${is.offset}`, `is not what ${should.by} has written: ${difference(name, should.record, is)}; ${counts}`);
}

/** Which part differs; of a value, which fields. */
function difference(name: keyof typeof SCHEMA_OF | null, should: OutRecord, is: LogRecord): string {
  const parts: string[] = [];
  if (!sameBytes(should.key, is.key)) parts.push(`the key is ${is.key}, not ${should.key}`);
  if (!sameBytes(should.value, is.value)) {
    const fields = name === null ? null : fieldsApart(name, should.value, is.value);
    parts.push(fields === null ? 'other bytes' : fields.length === 0 ? 'the same fields in other bytes' : `other ${fields.join(', ')}`);
  }
  return parts.length === 0 ? 'other headers' : parts.join(' and ');
}

function fieldsApart(name: keyof typeof SCHEMA_OF, a: Buffer | null, b: Buffer | null): string[] | null {
  if (a === null || b === null) return null;
  try {
    const [one, other] = [a, b].map((value): Record<string, unknown> => avroType(SCHEMA_OF[name]).fromBuffer(value.subarray(5)));
    return Object.keys({ ...one, ...other }).filter((field) => JSON.stringify(one?.[field]) !== JSON.stringify(other?.[field]));
  } catch {
    // bytes of no record: that they differ is said
    return null;
  }
}
