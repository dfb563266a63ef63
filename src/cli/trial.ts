/**
 * What the processor would make of one sample: the event in rapport's fields, as a line of `rapport load`, or why there is none. Pure but for what time it is.
 */
import type { EventSource, EventType } from '../config/config.ts';
import type { Policy } from '../domain/policy.ts';
import type { Dead, Passed } from '../sources/decoded.ts';
import { type Terms, type TypedRecord, termsOf, toEvent } from '../sources/index.ts';
import { compileMapping } from '../sources/mapping/index.ts';
import { formatLine, recordOf } from '../sources/ndjson.ts';

export type Judged = { readonly outcome: 'event'; readonly type: EventType; readonly line: string } | Passed | Dead;

interface Mapped {
  record(value: object): { readonly outcome: 'record'; readonly value: TypedRecord } | Passed | Dead;
  decode(value: object): ReturnType<typeof toEvent> | Passed;
}

/** @param latest the latest time that an event may have */
export function judgeOf(source: EventSource, policy: Policy, latest: () => number): (value: object) => Judged {
  const terms = termsOf(policy);
  const mapped: Mapped = source.map === undefined ? direct(source.type, terms) : compileMapping(source.map, terms);
  return (value) => {
    const record = mapped.record(value);
    if (record.outcome !== 'record') return record;
    const decoded = mapped.decode(value);
    if (decoded.outcome !== 'event') return decoded;
    if (decoded.event.at > latest())
      return { outcome: 'dead', reason: 'future-event', detail: 'occurredAt is more than 5 minutes ahead of this host' };
    return { outcome: 'event', type: record.value.type, line: formatLine(record.value) };
  };
}

/** A source without a map: the record has rapport's fields. */
function direct(type: EventType, terms: Terms): Mapped {
  return {
    record: (value) => recordOf(value, type),
    decode(value) {
      const record = recordOf(value, type);
      return record.outcome === 'dead' ? record : toEvent(record.value, terms);
    },
  };
}
