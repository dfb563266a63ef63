/**
 * Paths of a mapping as functions. Only own properties of objects and entries of lists are ever looked at. Pure.
 */
import { parsePath } from '../../config/mapping/paths.ts';

/** What is mapped: where paths begin, and what `$` is. */
export interface Foreign {
  readonly row: unknown;
  readonly whole: unknown;
}

/** The value at a path; undefined where there is none. */
export type Read = (from: Foreign) => unknown;

/** @param text has been checked with the configuration */
export function readerOf(text: string): Read {
  const parsed = parsePath(text);
  if (typeof parsed === 'string') throw new Error(`${text} ${parsed}`);
  const begin: Read = parsed.whole ? ({ whole }) => whole : ({ row }) => row;
  return parsed.steps.reduce<Read>((before, step) => below(before, step), begin);
}

/** As `readerOf`, for paths that begin at a value of their own, such as an entry of a list. */
export function readerWithin(text: string): (value: unknown) => unknown {
  const read = readerOf(text);
  return (value) => read({ row: value, whole: value });
}

function below(before: Read, step: string | number): Read {
  if (typeof step === 'number') {
    return (from) => {
      const list = before(from);
      return Array.isArray(list) ? list[step] : undefined;
    };
  }
  return (from) => {
    const object = before(from);
    return isObject(object) && Object.hasOwn(object, step) ? Reflect.get(object, step) : undefined;
  };
}

/** An object with names: neither a list nor bytes. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
