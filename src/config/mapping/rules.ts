/**
 * One rule of a mapping: how it is written, and whether it can fill the field that it stands for. Pure.
 */
import type { z } from 'zod';
import { digitsOf } from '../currency.ts';
import { isMapping, type Path } from '../data.ts';
import { quote } from '../fault.ts';
import { AMOUNT_UNITS, type FieldRule, type Scalar, TIME_UNITS } from './mapping.ts';
import { constantShape, fromShape, joinShape } from './shapes.ts';
import type { Target, TargetKind } from './targets.ts';

/** A rule as an object: a text alone is a path, a list of texts several. */
export const spelledOut = (raw: unknown): unknown => (typeof raw === 'string' || Array.isArray(raw) ? { path: raw } : raw);

export interface RuleShape {
  readonly schema: z.ZodType & { readonly shape: object };
  readonly make: (parsed: unknown) => FieldRule;
}

/** How a rule is to be read, told by the key that it must have. */
export function shapeOf(rule: unknown): RuleShape {
  if (isMapping(rule) && 'value' in rule) return shape(constantShape, ({ value }) => ({ from: 'value', value }));
  if (isMapping(rule) && 'join' in rule)
    return shape(joinShape, ({ join, with: between }) => ({ from: 'join', paths: join, with: between }));
  return shape(fromShape, ({ path, ...rest }) => ({ from: 'path', paths: path, ...rest }));
}

function shape<T>(schema: z.ZodType<T> & { readonly shape: object }, make: (parsed: T) => FieldRule): RuleShape {
  return { schema, make: (parsed) => make(schema.parse(parsed)) };
}

const KINDS_OF: Readonly<Record<string, readonly TargetKind[]>> = {
  zone: ['time'],
  table: ['text', 'whole', 'number', 'flag', 'enum'],
  count: ['whole'],
  round: ['amount'],
  absolute: ['amount'],
};

/** What is wrong with a rule for a field: where within the rule, and why. */
export function faultsOfRule(rule: FieldRule, target: Target): (readonly [within: Path, why: string])[] {
  const { name, kind } = target;
  if (rule.from === 'join') return kind === 'text' ? [] : [[['join'], `makes a text, which ${name} is not`]];
  if (rule.from === 'value') {
    if (target.own) return [[['value'], `would give every event the same ${name}: name the path of it`]];
    return constantFaults(rule.value, target, ['value']);
  }
  const faults: (readonly [Path, string])[] = [];
  for (const [key, kinds] of Object.entries(KINDS_OF)) {
    const given = key in rule && Reflect.get(rule, key) !== undefined;
    if (given && !kinds.includes(kind)) faults.push([[key], `does not go with ${name}, which is ${NOUNS[kind]}`]);
  }
  const { unit, zone, table, otherwise, round } = rule;
  const units: readonly string[] = kind === 'time' ? TIME_UNITS : kind === 'amount' ? AMOUNT_UNITS : [];
  if (unit !== undefined && !units.includes(unit)) {
    const cure = units.length === 0 ? `${name} has no unit` : `must be one of ${units.join(', ')} for ${name}`;
    faults.push([['unit'], `${cure}, but is ${unit}`]);
  }
  if (zone !== undefined && unit !== undefined && unit !== 'iso') faults.push([['zone'], `goes with unit iso, not with ${unit}`]);
  if (round !== undefined && kind === 'amount' && unit !== 'major') faults.push([['round'], 'goes with unit major: minor units are whole']);
  if (KINDS_OF.table?.includes(kind)) {
    for (const [word, value] of Object.entries(table ?? {})) faults.push(...constantFaults(value, target, ['table', word]));
  }
  if (otherwise !== undefined) {
    if (target.own) faults.push([['otherwise'], `would give many events the same ${name}: give several paths instead`]);
    else faults.push(...constantFaults(otherwise, target, ['otherwise']));
  }
  return faults;
}

function constantFaults(value: Scalar, { name, kind, symbols }: Target, within: Path): (readonly [Path, string])[] {
  const must = (what: string): (readonly [Path, string])[] => [[within, `must be ${what} for ${name}, but is ${quote(value)}`]];
  switch (kind) {
    case 'text':
      if (name === 'currency' && digitsOf(String(value)) === undefined) return must('an ISO 4217 code');
      return [];
    case 'enum':
      return symbols.includes(String(value)) ? [] : must(`one of ${symbols.join(', ')}`);
    case 'whole':
      return Number.isInteger(value) ? [] : must('a whole number');
    case 'amount':
      return Number.isInteger(value) ? [] : must('a whole number of minor units');
    case 'number':
      return typeof value === 'number' ? [] : must('a number');
    case 'flag':
      return typeof value === 'boolean' ? [] : must('true or false');
    case 'time':
    case 'attributes':
      return [[within, `cannot be a constant for ${name}: name a path`]];
  }
}

const NOUNS: Readonly<Record<TargetKind, string>> = {
  text: 'a text',
  whole: 'a whole number',
  number: 'a number',
  flag: 'true or false',
  time: 'a time',
  enum: 'one of a few words',
  amount: 'an amount',
  attributes: 'texts by name',
};
