/**
 * A mapping as the rest of the program sees it: checked, the preset merged in, plain data. Made by config/mapping/parse.ts. Pure types.
 */
import type { EventType } from '../config.ts';

export type Scalar = string | number | boolean;

export const TIME_UNITS = ['iso', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const;
export const AMOUNT_UNITS = ['minor', 'major'] as const;
export type Unit = (typeof TIME_UNITS)[number] | (typeof AMOUNT_UNITS)[number];

/** How one field is filled. Paths are texts of config/mapping/paths.ts. */
export type FieldRule =
  | { readonly from: 'value'; readonly value: Scalar }
  /** texts of several paths; missing where one of them is */
  | { readonly from: 'join'; readonly paths: readonly string[]; readonly with: string }
  | {
      readonly from: 'path';
      /** the first that leads to something counts */
      readonly paths: readonly string[];
      readonly unit?: Unit | undefined;
      /** of a time that is written without one: `Z` or `+02:00` */
      readonly zone?: string | undefined;
      readonly table?: Readonly<Record<string, Scalar>> | undefined;
      /** where nothing is found, or the table has no entry for it */
      readonly otherwise?: Scalar | undefined;
      /** entries of a list; a path within them: the sum of what is there, 1 where nothing is */
      readonly count?: true | string | undefined;
      /** to the minor unit, half away from zero */
      readonly round?: boolean | undefined;
      readonly absolute?: boolean | undefined;
    };

/** Values are compared as texts. */
export type Condition =
  | { readonly path: string; readonly in: readonly string[] }
  | { readonly path: string; readonly notIn: readonly string[] }
  | { readonly path: string; readonly present: boolean };

export interface MappedEvent {
  readonly type: EventType;
  /** all hold; an empty list takes every record */
  readonly when: readonly Condition[];
  /** by target field; `attributes.NAME` fills one attribute */
  readonly fields: Readonly<Record<string, FieldRule>>;
}

export interface SourceMap {
  /** paths begin at the row within a Debezium change event; what becomes of deletes */
  readonly debezium: { readonly deletes: 'pass' | 'map' } | null;
  /** a record for which one of these does not hold is passed over */
  readonly when: readonly Condition[];
  /** the first that holds takes the record; with none it is passed over */
  readonly events: readonly MappedEvent[];
}
