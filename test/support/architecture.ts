/**
 * The rules of the house about imports (ARCHITECTURE.md), as one function from sources to faults.
 */
import { dirname, join } from 'node:path/posix';

/** From the bottom to the top: a file imports from its own layer and from those below. The first matching prefix decides. */
const LAYERS: readonly (readonly [layer: string, prefixes: readonly string[]])[] = [
  ['domain', ['domain/']],
  ['generated types', ['codec/types.ts']],
  ['config', ['config/']],
  ['sources', ['sources/']],
  ['outputs', ['outputs/']],
  ['contracts', ['engine/ports.ts', 'engine/journal.ts', 'engine/errors.ts']],
  ['codec', ['codec/']],
  ['engine', ['engine/']],
  ['telemetry', ['telemetry/']],
  ['tools', ['world/', 'model/', 'stack/']],
  ['what the read side asks and answers', ['http/api.ts', 'http/ports.ts']],
  ['what commands work through', ['cli/connections.ts', 'cli/doctor-ports.ts']],
  ['edges', ['adapters/', 'http/', 'dashboard/', 'cli/']],
  ['roots', ['main.ts', 'testing.ts']],
];

/** Neighbours of one layer that know nothing of each other: each adapter is one. */
const APART = /^(adapters\/[^/]+|world|model|stack|http|dashboard|cli)\//;

const VENDORS: Readonly<Record<string, string>> = {
  kafkajs: 'adapters/kafka/',
  ioredis: 'adapters/redis/',
  '@kafkajs/confluent-schema-registry': 'adapters/registry/',
  '@prometheus-io/client': 'telemetry/',
  '@opentelemetry/api': 'telemetry/',
};

/** The faults of these sources, by their paths below src/; one line for each. */
export function architectureFaults(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, text]) => importsOf(text).flatMap((target) => faultsOf(file, target)));
}

function importsOf(text: string): string[] {
  // A formatted import or export begins its line.
  const pattern = /^(?:import|export)\s[^'"=;()]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...text.matchAll(pattern)].map(([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? '');
}

function faultsOf(file: string, target: string): string[] {
  if (!target.startsWith('.')) return packageFaults(file, target);
  const imported = join(dirname(file), target);
  const from = layerOf(file);
  const to = layerOf(imported);
  if (from < 0) return [`${file} lies in no layer`];
  if (to > from) return [`${file} imports ${imported}: imports point from the outside to the domain`];
  const [here, there] = [APART.exec(file)?.[1], APART.exec(imported)?.[1]];
  if (from === to && here !== there) return [`${file} imports ${imported}: neighbours do not know each other`];
  return [];
}

function packageFaults(file: string, target: string): string[] {
  if (file.startsWith('domain/')) return [`${file} imports ${target}: the domain is pure`];
  const home = Object.entries(VENDORS).find(([vendor]) => target === vendor || target.startsWith(`${vendor}/`))?.[1];
  return home === undefined || file.startsWith(home) ? [] : [`${file} imports ${target}: only ${home} knows it`];
}

const layerOf = (file: string): number => LAYERS.findIndex(([, prefixes]) => prefixes.some((prefix) => file.startsWith(prefix)));
