/**
 * Foreign values as rapport's fields want them. More is taken than a source of ours takes, as databases and trackers write what they have: an id as
 * a number, a number as a text, a flag as 0 or 1. What a field may mean beyond that, the source checks, as for every record. Pure.
 */
import type { FieldRule, Scalar, Unit } from '../../config/mapping/mapping.ts';
import type { TargetKind } from '../../config/mapping/targets.ts';
import { parseTime } from '../time.ts';
import { decimalOf, scaled } from './decimal.ts';
import { isObject } from './paths.ts';

/** Why a value cannot be had: what follows the field's name, never the value itself. */
export class Unfit {
  readonly why: string;
  readonly isTime: boolean;
  constructor(why: string, isTime = false) {
    this.why = why;
    this.isTime = isTime;
  }
}

/** @param digits of the currency's minor unit */
export type Convert = (value: unknown, digits: number) => unknown;

type Rule = Extract<FieldRule, { readonly from: 'path' }>;

/** A value that is there, neither undefined nor null. */
export function converter(kind: TargetKind, rule: Pick<Rule, 'unit' | 'zone' | 'round' | 'absolute'>): Convert {
  switch (kind) {
    case 'text':
    case 'enum':
      return text;
    case 'whole':
      return (value) => whole(value, 0, false);
    case 'number':
      return (value) => (decimalOf(value) === null ? NO_NUMBER : Number(value));
    case 'flag':
      return flag;
    case 'time':
      return time(rule.unit, rule.zone);
    case 'amount':
      return amount(rule);
    case 'attributes':
      return attributes;
  }
}

/** What a configured constant is in a field; it has been checked with the configuration. */
export function constant(kind: TargetKind, value: Scalar): unknown {
  return kind === 'text' || kind === 'enum' ? String(value) : value;
}

const NO_TEXT = new Unfit('is neither a text nor a number');
const NO_NUMBER = new Unfit('is not a number');
const BEYOND = new Unfit('is a number beyond 2^53: have it sent as a text');
const NO_FLAG = new Unfit('is not true or false');
const TOO_LARGE = new Unfit('is too large');
const NO_LIST = new Unfit('is not a list');
const NO_OBJECT = new Unfit('is not an object');

/** The text of a scalar; undefined for anything else. Numbers are compared by it too. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : undefined;
}

function text(value: unknown): string | Unfit {
  // JSON's reader has rounded it: two ids could have become one.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return BEYOND;
  return textOf(value) ?? NO_TEXT;
}

/** An ISO 4217 code; payment systems write it in small letters. */
export const currencyCode: Convert = (value) => {
  const code = text(value);
  return typeof code === 'string' ? code.toUpperCase() : code;
};

function flag(value: unknown): boolean | Unfit {
  switch (textOf(value)?.trim().toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return NO_FLAG;
  }
}

function whole(value: unknown, by: number, round: boolean): number | Unfit {
  const decimal = decimalOf(value);
  if (decimal === null) return NO_NUMBER;
  const found = scaled(decimal, by, round ? 'round' : 'none');
  if (found === 'large') return TOO_LARGE;
  if (found !== 'fraction') return found;
  return new Unfit(
    by === 0 ? 'is not a whole number' : `has more than the ${by} decimals of the currency: add round: true, or send it exact`,
  );
}

function amount({ unit, round = false, absolute = false }: Pick<Rule, 'unit' | 'round' | 'absolute'>): Convert {
  const major = unit === 'major';
  return (value, digits) => {
    const minor = whole(value, major ? digits : 0, round);
    return absolute && typeof minor === 'number' ? Math.abs(minor) : minor;
  };
}

/** Powers of ten to milliseconds. */
const TO_MS: Readonly<Partial<Record<Unit, number>>> = { seconds: 3, milliseconds: 0, microseconds: -3, nanoseconds: -6 };
const ZONELESS = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)$/;

function time(unit: Unit | undefined, zone: string | undefined): Convert {
  const by = unit === undefined ? undefined : TO_MS[unit];
  if (by !== undefined) {
    const none = new Unfit(`is not a number of ${unit}`, true);
    return (value) => {
      const decimal = decimalOf(value);
      const ms = decimal === null ? 'fraction' : scaled(decimal, by, 'cut');
      return typeof ms === 'number' ? ms : none;
    };
  }
  const none = new Unfit(zone === undefined ? 'is no ISO 8601 time with a zone: give it a unit or a zone' : 'is no ISO 8601 time', true);
  return (value) => {
    if (typeof value === 'number' && unit === 'iso') return none;
    const bare = zone === undefined || typeof value !== 'string' ? null : ZONELESS.exec(value);
    return parseTime(bare === null ? value : `${bare[1]}T${bare[2]}${zone}`) ?? none;
  };
}

/** Texts by name; what is neither a text, a number, a flag nor null is left out. */
function attributes(value: unknown): object | Unfit {
  if (!isObject(value)) return NO_OBJECT;
  const entries = Object.entries(value).flatMap(([name, given]): [string, string | null][] => {
    if (given === null) return [[name, null]];
    const found = textOf(given);
    return found === undefined ? [] : [[name, found]];
  });
  return Object.fromEntries(entries);
}

/** How many entries a list has, or the sum of a number in each, which is 1 where it is not there. */
export function counter(within: ((entry: unknown) => unknown) | null): Convert {
  return (value) => {
    if (!Array.isArray(value)) return NO_LIST;
    if (within === null) return value.length;
    let sum = 0;
    for (const entry of value) {
      const given = within(entry);
      const found = given === undefined || given === null ? 1 : whole(given, 0, false);
      if (found instanceof Unfit) return found;
      sum += found;
    }
    return sum;
  };
}
