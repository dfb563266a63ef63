/**
 * W3C trace context from an input record to what it caused. Pure, and a function of the record's headers alone (I9): a replay writes the same. Headers are anybody's to write, so
 * only what the recommendation allows is carried, within bounds; what is malformed is dropped. https://www.w3.org/TR/trace-context/
 */
import type { Header, OutRecord } from './record.ts';

const PARENT = 'traceparent';
const STATE = 'tracestate';
/** version, trace id, parent id and flags in lower case hex; neither version ff nor an id of zeros */
const PARENT_BYTES = 55;
const PARENT_FORM = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** What everybody has to propagate, and no more. */
const MOST_STATE_BYTES = 512;
const MOST_MEMBERS = 32;
const KEY = '[a-z0-9][a-z0-9_*/@-]{0,255}';
const VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const MEMBER = new RegExp(`^${KEY}=${VALUE}$`);

const NONE: readonly Header[] = [];

/** Its trace context as headers of an output: none, `traceparent`, or `traceparent` and `tracestate`. */
export function traceOf(headers: readonly Header[]): readonly Header[] {
  // Nearly always: there is nothing to look for.
  if (headers.length === 0) return NONE;
  const parent = headers.findLast(({ key }) => key === PARENT);
  if (parent === undefined || !isParent(parent.value)) return NONE;
  const state = headers.findLast(({ key }) => key === STATE);
  return state !== undefined && isState(state.value) ? [parent, state] : [parent];
}

/** The output with the trace of the record that caused it. */
export const traced = (record: OutRecord, trace: readonly Header[]): OutRecord =>
  trace.length === 0 ? record : { ...record, headers: [...record.headers, ...trace] };

const isParent = (value: Buffer): boolean => value.length === PARENT_BYTES && PARENT_FORM.test(value.toString('latin1'));

function isState(value: Buffer): boolean {
  if (value.length === 0 || value.length > MOST_STATE_BYTES) return false;
  const members = value.toString('latin1').split(',');
  return members.length <= MOST_MEMBERS && members.every((member) => MEMBER.test(member.replace(/^[ \t]+|[ \t]+$/g, '')));
}
