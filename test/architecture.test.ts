import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { architectureFaults } from './support/architecture.ts';

const SRC = join(import.meta.dirname, '../src');
const sources = new Map(globSync('**/*.ts', { cwd: SRC }).map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));

test('imports point one way, vendors live in one folder, adapters stand alone', () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(architectureFaults(sources)).toEqual([]);
});

test.each([
  ['the domain knows the engine', 'domain/rules/x.ts', `import type { Clock } from '../../engine/ports.ts';`],
  ['the domain reads a file', 'domain/x.ts', `import { readFileSync } from 'node:fs';`],
  ['the domain takes a package', 'domain/x.ts', `import {\n  z,\n} from "zod";`],
  ['the engine knows an adapter', 'engine/x.ts', `const x = await import('../adapters/redis/store.ts');`],
  ['the engine knows a vendor', 'engine/x.ts', `import kafkajs from 'kafkajs';`],
  ['a source knows the codec', 'sources/x.ts', `export { decode } from '../codec/wire.ts';`],
  ['an adapter knows another', 'adapters/kafka/x.ts', `import '../redis/x.ts';`],
  ['an adapter takes the vendor of another', 'adapters/kafka/x.ts', `import { Redis } from 'ioredis';`],
  ['the registry client is taken by a deep path', 'codec/x.ts', `import x from '@kafkajs/confluent-schema-registry/dist/x.js';`],
  ['a command knows an adapter', 'cli/x.ts', `import { x } from '../adapters/kafka/x.ts';`],
  ['the API knows an adapter', 'http/x.ts', `import { x } from '../adapters/redis/x.ts';`],
  ['the API knows a command', 'http/x.ts', `import { x } from '../cli/x.ts';`],
  ['a command knows the server', 'cli/x.ts', `import { x } from '../http/index.ts';`],
  ['something imports the root', 'cli/x.ts', `import { x } from '../main.ts';`],
  ['a file lies outside the house', 'helpers/x.ts', `import { x } from './y.ts';`],
])('it is noticed when %s', (_, file, text) => {
  expect(architectureFaults(new Map([[file, text]]))).toHaveLength(1);
});

test.each([
  ['engine/x.ts', `import type { Decision } from '../domain/decision.ts';`],
  ['adapters/kafka/x.ts', `import kafkajs from 'kafkajs';\nimport { y } from './y.ts';\nimport { Halt } from '../../engine/errors.ts';`],
  ['codec/x.ts', `import type { Journal } from '../engine/journal.ts';`],
  ['cli/x.ts', `import { stackUp } from '../stack/index.ts';`],
  ['cli/x.ts', `import type { Sources } from '../http/ports.ts';`],
  ['dashboard/x.ts', `import type { Change } from '../http/api.ts';`],
  ['main.ts', `import { x } from './adapters/redis/x.ts';\n// import from 'kafkajs' would be wrong`],
])('%s may import what lies below', (file, text) => {
  expect(architectureFaults(new Map([[file, text]]))).toEqual([]);
});
