/**
 * Writes codec/types.ts from schemas/: a TypeScript type for every record and enum, and each schema's own text, so that nothing reads
 * schema files at run time. `node src/codec/generate.ts` writes it; a test fails when the file is stale.
 * Boundary: the Avro that our schemas use (records, enums, arrays, maps, unions, primitives), an error for anything else.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const SCHEMAS = join(ROOT, 'schemas');
const TYPES = join(import.meta.dirname, 'types.ts');

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

const Named = z.object({ name: z.string(), namespace: z.string().optional(), doc: z.string().optional() });
const Complex = z.discriminatedUnion('type', [
  Named.extend({
    type: z.literal('record'),
    fields: z.array(z.object({ name: z.string(), doc: z.string().optional(), type: z.unknown() })),
  }),
  Named.extend({ type: z.literal('enum'), symbols: z.array(z.string()) }),
  z.object({ type: z.literal('array'), items: z.unknown() }),
  z.object({ type: z.literal('map'), values: z.unknown() }),
]);
const Annotated = z.object({ type: z.string().refine((type) => type in PRIMITIVES) });

/** The named types met so far: TypeScript name → declaration. One name may stand in several schemas, if it means the same. */
type Declarations = Map<string, string>;

const comment = (doc: string | undefined, indent = ''): string => (doc === undefined ? '' : `${indent}/** ${doc} */\n`);

function declare(declarations: Declarations, name: string, text: string): string {
  const before = declarations.get(name);
  if (before !== undefined && before !== text) throw new Error(`two schemas define ${name} differently`);
  declarations.set(name, text);
  return name;
}

/** The TypeScript type of an Avro type; records and enums on the way are declared. `names` maps Avro names to TypeScript names. */
function typeOf(schema: unknown, declarations: Declarations, names: Map<string, string>): string {
  if (typeof schema === 'string') {
    const known = PRIMITIVES[schema] ?? names.get(schema);
    if (known === undefined) throw new Error(`unknown type ${schema}`);
    return known;
  }
  if (Array.isArray(schema)) return schema.map((branch) => typeOf(branch, declarations, names)).join(' | ');
  const annotated = Annotated.safeParse(schema);
  if (annotated.success) return typeOf(annotated.data.type, declarations, names);
  const type = Complex.parse(schema);
  switch (type.type) {
    case 'enum': {
      names.set(type.name, type.name);
      const symbols = type.symbols.map((symbol) => `'${symbol}'`).join(' | ');
      return declare(declarations, type.name, `${comment(type.doc)}export type ${type.name} = ${symbols};\n`);
    }
    case 'record': {
      const name = `${type.name}Record`;
      names.set(type.name, name);
      const fields = type.fields.map(
        (field) => `${comment(field.doc, '  ')}  readonly ${field.name}: ${typeOf(field.type, declarations, names)};\n`,
      );
      return declare(declarations, name, `${comment(type.doc)}export interface ${name} {\n${fields.join('')}}\n`);
    }
    case 'array':
      return `readonly (${typeOf(type.items, declarations, names)})[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(type.values, declarations, names)}>>`;
  }
}

/** The whole text of types.ts for the schemas as they are now. */
export function generate(): string {
  const declarations: Declarations = new Map();
  const texts: string[] = [];
  const files = readdirSync(SCHEMAS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.avsc'));
  for (const file of files.sort()) {
    const schema: unknown = JSON.parse(readFileSync(join(SCHEMAS, file), 'utf8'));
    try {
      typeOf(schema, declarations, new Map());
    } catch (cause) {
      throw new Error(`schemas/${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    texts.push(`  '${file.slice(0, -'.avsc'.length).replaceAll('\\', '/')}': ${JSON.stringify(JSON.stringify(schema))},\n`);
  }
  return `// Generated from schemas/ by \`node src/codec/generate.ts\`. Change the schemas, not this file.

${[...declarations.values()].join('\n')}
/** The text of every schema, by its path under schemas/. */
export const SCHEMA_TEXTS = {
${texts.join('')}} as const;

export type SchemaName = keyof typeof SCHEMA_TEXTS;
`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(TYPES, generate());
