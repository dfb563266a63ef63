/**
 * A mapping of the configuration as functions, compiled once per source: from a foreign record, decoded from JSON or Avro, to a record with rapport's
 * fields, which then goes the way of every other. What cannot be mapped is a dead letter that names field and path and never the value. Pure
 * (I9): the same record and the same mapping give the same event, and nothing here throws for bad input (I11).
 */
import { digitsOf } from '../../config/currency.ts';
import type { FieldRule, MappedEvent, SourceMap } from '../../config/mapping/mapping.ts';
import { ATTRIBUTE, type Target, targetOf } from '../../config/mapping/targets.ts';
import { type Dead, type Decoded, dead, PASSED, type Passed } from '../decoded.ts';
import { type Terms, type TypedRecord, toEvent } from '../index.ts';
import { recordOf } from '../ndjson.ts';
import { allOf } from './conditions.ts';
import { type Convert, constant, converter, counter, currencyCode, textOf, Unfit } from './convert.ts';
import { debeziumRow } from './debezium.ts';
import { type Foreign, type Read, readerOf, readerWithin } from './paths.ts';

export interface Mapping {
  /** What a foreign record is in rapport's fields. */
  record(value: unknown): { readonly outcome: 'record'; readonly value: TypedRecord } | Passed | Dead;
  /** What it means. */
  decode(value: unknown): Decoded | Passed;
  /** A record without a value is nothing to mind: Debezium's tombstones. */
  readonly passesTombstones: boolean;
}

export function compileMapping({ debezium, when, events }: SourceMap, terms: Terms): Mapping {
  const wanted = allOf(when);
  const compiled = events.map((event) => ({ wanted: allOf(event.when), event: compileEvent(event, terms) }));
  const unwrap = debezium === null ? null : debeziumRow(debezium.deletes);

  const find = (value: unknown): { readonly event: CompiledEvent; readonly foreign: Foreign } | Passed | Dead => {
    const foreign = unwrap === null ? { row: value, whole: value } : unwrap(value);
    if ('outcome' in foreign) return foreign;
    if (!wanted(foreign)) return PASSED;
    for (const { wanted: takes, event } of compiled) if (takes(foreign)) return { event, foreign };
    return PASSED;
  };

  return {
    passesTombstones: debezium !== null,
    record(value) {
      const found = find(value);
      return 'outcome' in found ? found : found.event.map(found.foreign);
    },
    decode(value) {
      const found = find(value);
      if ('outcome' in found) return found;
      const { map, named } = found.event;
      const mapped = map(found.foreign);
      if (mapped.outcome === 'dead') return mapped;
      const decoded = toEvent(mapped.value, terms);
      return decoded.outcome === 'dead' ? named(decoded) : decoded;
    },
  };
}

interface CompiledEvent {
  readonly map: (from: Foreign) => { readonly outcome: 'record'; readonly value: TypedRecord } | Dead;
  /** With the path beside the field's name. */
  readonly named: (letter: Dead) => Dead;
}

interface CompiledField {
  readonly name: string;
  /** the attribute that it fills, or null for the field itself */
  readonly attribute: string | null;
  readonly inMajor: boolean;
  /** undefined: leave it out; null only of an attribute */
  readonly read: (from: Foreign, digits: number) => unknown;
}

function compileEvent({ type, fields }: MappedEvent, terms: Terms): CompiledEvent {
  const compiled = Object.entries(fields).map(([name, rule]) => compileField(name, targetOf(type, name), rule));
  // Which digits an amount has is known when its currency is.
  compiled.sort((a, b) => Number(b.name === 'currency') - Number(a.name === 'currency'));
  const hasMajor = compiled.some(({ inMajor }) => inMajor);
  const ofBase = digitsOf(terms.policy.currency) ?? 0;
  const sources = new Map(Object.entries(fields).map(([name, rule]) => [name, placeOf(rule)]));
  const named = (letter: Dead): Dead => {
    const name = /^\S+/.exec(letter.detail)?.[0] ?? '';
    const place = letter.reason === 'no-rate' ? undefined : sources.get(name);
    return place === undefined ? letter : dead(letter.reason, `${name}${place}${letter.detail.slice(name.length)}`);
  };

  return {
    named,
    map(from) {
      const made: Record<string, unknown> = {};
      const attributes: [string, unknown][] = [];
      let digits = ofBase;
      for (const { name, attribute, read } of compiled) {
        const value = read(from, digits);
        if (value instanceof Unfit) return named(dead(value.isTime ? 'invalid-time' : 'invalid-record', `${name} ${value.why}`));
        if (attribute !== null) {
          if (value !== undefined) attributes.push([attribute, value]);
        } else if (value !== undefined && value !== null) made[name] = value;
        if (name !== 'currency' || !hasMajor) continue;
        const known = typeof value === 'string' ? digitsOf(value) : undefined;
        if (known === undefined && typeof value === 'string') return named(dead('unknown-currency', 'currency is not in ISO 4217'));
        digits = known ?? 0;
      }
      if (attributes.length > 0) made.attributes = Object.fromEntries([...Object.entries(made.attributes ?? {}), ...attributes]);
      else if (type === 'attributes' && !sources.has('attributes')) made.attributes = {};
      const record = recordOf(made, type);
      return record.outcome === 'dead' ? named(record) : record;
    },
  };
}

function compileField(name: string, target: Target | null, rule: FieldRule): CompiledField {
  if (target === null) throw new Error(`${name} is no field of the event: the configuration has not been checked`);
  const attribute = target.name.startsWith(ATTRIBUTE) ? target.name.slice(ATTRIBUTE.length) : null;
  const inMajor = rule.from === 'path' && rule.unit === 'major';
  return { name, attribute, inMajor, read: reader(target, rule) };
}

function reader({ name, kind }: Target, rule: FieldRule): CompiledField['read'] {
  if (rule.from === 'value') {
    const value = constant(kind, rule.value);
    return () => value;
  }
  if (rule.from === 'join') return joined(rule.paths.map(readerOf), rule.with);
  const read = firstOf(rule.paths.map(readerOf));
  const { table, otherwise } = rule;
  const fallback = otherwise === undefined ? undefined : constant(kind, otherwise);
  const convert = converterOf(name, kind, rule);
  const make =
    table === undefined ? convert : lookup(new Map(Object.entries(table).map(([word, value]) => [word, constant(kind, value)])), fallback);
  return (from, digits) => {
    const value = read(from);
    return value === undefined || value === null ? (fallback ?? value) : make(value, digits);
  };
}

function converterOf(name: string, kind: Target['kind'], rule: Extract<FieldRule, { readonly from: 'path' }>): Convert {
  const { count } = rule;
  if (count !== undefined) return counter(count === true ? null : readerWithin(count));
  return name === 'currency' ? currencyCode : converter(kind, rule);
}

function lookup(table: ReadonlyMap<string, unknown>, fallback: unknown): Convert {
  const unknown = new Unfit(`is none of ${[...table.keys()].join(', ')}`);
  return (value) => {
    const word = textOf(value);
    return (word === undefined ? undefined : table.get(word)) ?? fallback ?? unknown;
  };
}

/** The first value that is there; null where there is only null. */
function firstOf(reads: readonly Read[]): Read {
  const [only, ...others] = reads;
  if (only === undefined) throw new Error('a rule has no path');
  if (others.length === 0) return only;
  return (from) => {
    let found: unknown;
    for (const read of reads) {
      const value = read(from);
      if (value !== undefined && value !== null) return value;
      found ??= value;
    }
    return found;
  };
}

function joined(reads: readonly Read[], between: string): CompiledField['read'] {
  const text = converter('text', {});
  return (from) => {
    const parts: unknown[] = [];
    for (const read of reads) {
      const value = read(from);
      if (value === undefined || value === null) return undefined;
      const part = text(value, 0);
      if (part instanceof Unfit) return part;
      parts.push(part);
    }
    return parts.join(between);
  };
}

function placeOf(rule: FieldRule): string {
  if (rule.from === 'value') return '';
  const last = rule.paths.at(-1) ?? '';
  const before = rule.paths.slice(0, -1);
  if (before.length === 0) return ` from ${last}`;
  return ` from ${before.join(', ')} ${rule.from === 'join' ? 'and' : 'or'} ${last}`;
}
