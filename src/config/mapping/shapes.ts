/**
 * How the parts of a mapping are written, by zod. Boundary: each part for itself; what they say together, and of which field, is parse.ts's.
 */
import { z } from 'zod';
import { AMOUNT_UNITS, TIME_UNITS } from './mapping.ts';
import { parsePath } from './paths.ts';

const PRESET_NAMES = ['debezium', 'segment'] as const;
export type MapPreset = (typeof PRESET_NAMES)[number];

const path = z.string().superRefine((text, context) => {
  const parsed = parsePath(text);
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
});

/** One path, or several of which the first that leads to something counts. */
const paths = z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(path).min(1));
const scalar = z.custom<string | number | boolean>(
  (given) => typeof given === 'string' || typeof given === 'boolean' || Number.isFinite(given),
  'must be a text, a number, true or false',
);

export const constantShape = z.strictObject({ value: scalar });
export const joinShape = z.strictObject({ join: z.array(path).min(2), with: z.string().max(8).default(':') });
export const fromShape = z.strictObject({
  path: paths,
  unit: z.enum([...TIME_UNITS, ...AMOUNT_UNITS]).optional(),
  zone: z
    .string()
    .regex(/^(Z|[+-](0\d|1\d|2[0-3]):[0-5]\d)$/, 'must be Z or an offset such as "+02:00"')
    .optional(),
  table: z
    .record(z.string(), scalar)
    .refine((table) => Object.keys(table).length > 0, 'must have an entry')
    .optional(),
  otherwise: scalar.optional(),
  count: z.union([z.literal(true), path], 'must be true, or the path of the number within an entry').optional(),
  round: z.boolean().optional(),
  absolute: z.boolean().optional(),
});

const values = z
  .preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(scalar).min(1))
  .transform((list) => list.map((value) => String(value)));

export const conditionShape = z
  .strictObject({ path, in: values.optional(), notIn: values.optional(), present: z.boolean().optional() })
  .refine(
    ({ in: within, notIn, present }) => [within, notIn, present].filter((each) => each !== undefined).length === 1,
    'must be a path with one of in, notIn and present',
  );

export const mapShape = z.strictObject({
  preset: z.enum(PRESET_NAMES).optional(),
  deletes: z.enum(['pass', 'map']).optional(),
  when: z.unknown().optional(),
  fields: z.unknown().optional(),
  events: z.array(z.unknown()).min(1).optional(),
});

export const eventShape = z.strictObject({ type: z.unknown(), when: z.unknown().optional(), fields: z.unknown().optional() });
