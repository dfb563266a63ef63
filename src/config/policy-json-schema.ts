/**
 * The JSON Schema of a policy file, for editors: made from the zod schema, and so as strict as it about names, types and ranges; what holds between fields
 * is said by rapport alone. A file may leave out everything; money is in major units, as a number or a text. Checked in as schemas/policy.schema.json.
 */
import { z } from 'zod';
import { METRICS } from '../domain/kpi-values.ts';
import { presets } from '../domain/presets.ts';
import { toMajor } from './currency.ts';
import { getIn, isMapping, set } from './data.ts';
import { POLICY_FIELDS } from './policy-fields.ts';
import { MONEY_PATHS, policySchema } from './policy-schema.ts';

/** A plain decimal, as toMinor reads it. */
const AMOUNT = { type: ['number', 'string'], exclusiveMinimum: 0, pattern: '^\\d+(\\.\\d+)?$' };

export function policyJsonSchema(): Record<string, unknown> {
  let schema: unknown = withoutRequired(z.toJSONSchema(policySchema, { target: 'draft-7' }));
  for (const path of MONEY_PATHS) schema = set(schema, inSchema(path), AMOUNT);
  // checked in words of its own, so the shape does not have it
  schema = set(schema, ['properties', 'goals', 'items', 'properties', 'metric', 'enum'], METRICS);
  for (const [field, description] of Object.entries(POLICY_FIELDS)) {
    const path = field.split('.');
    const isMoney = MONEY_PATHS.some((money) => money.join('.') === field);
    const value = getIn(presets.retail, path);
    const initial = { default: isMoney ? Number(toMajor(Number(value), 2)) : value };
    const said = { description, ...(field === 'preset' ? {} : initial) };
    const at = getIn(schema, inSchema(path));
    schema = set(schema, inSchema(path), { ...said, ...(isMapping(at) ? at : {}) });
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'rapport policy',
    description: 'The rules of a business: a preset, and what differs from it. Defaults are those of the preset retail.',
    ...(isMapping(schema) ? schema : {}),
    required: ['preset'],
  };
}

/** Where the schema of a field stands in that of the whole. */
const inSchema = (path: readonly string[]): string[] => path.flatMap((name) => ['properties', name]);

/** Nothing is required of mappings: the preset has it. Entries of lists have none, and stay as they are. */
function withoutRequired(schema: unknown): unknown {
  if (!isMapping(schema) || !isMapping(schema.properties)) return schema;
  const { required: _, properties, ...rest } = schema;
  const inner = Object.entries(properties).map(([name, of]) => [name, withoutRequired(of)]);
  return { ...rest, properties: Object.fromEntries(inner) };
}
