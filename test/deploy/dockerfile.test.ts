/** The Dockerfile keeps its rules, and a rule that is broken is found. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { satisfies } from '../../src/cli/doctor-host.ts';
import { copiedFrom, faultsIn, parseDockerfile } from './dockerfile.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const text = read('Dockerfile');
const { version, engines }: { version: string; engines: { node: string } } = JSON.parse(read('package.json'));

test('all rules are kept', () => {
  expect(faultsIn(parseDockerfile(text), version)).toEqual([]);
});

test.each([
  [' AS build', ':latest AS build', ':latest is not pinned'],
  ['NODE=24.21.0-bookworm-slim', 'NODE=24-bookworm-slim', 'node:24-bookworm-slim is not pinned'],
  ['USER 10001:10001', 'USER node', 'the user is root, or no number'],
  ['USER 10001:10001', 'USER 10001:0', 'the user is root, or no number'],
  ['USER 10001:10001\n', 'USER 10001:10001\nRUN true\n', 'something runs after USER'],
  ['ENTRYPOINT ["node", "/app/dist/main.js"]', 'ENTRYPOINT node /app/dist/main.js', 'ENTRYPOINT is not a list'],
  ['COPY src src', 'COPY . .', 'COPY takes more'],
  ['COPY LICENSE', 'COPY .npmrc LICENSE', 'COPY takes more'],
  ['ENV NODE_ENV=production', 'ENV NPM_TOKEN=x NODE_ENV=production', 'NPM_TOKEN would be in a layer'],
  ['--omit=dev --ignore-scripts', '--omit=dev', 'install scripts run'],
  ['--omit=dev --ignore-scripts', '--ignore-scripts', 'dependencies of the development'],
  ['COPY --from=modules /app/node_modules', 'COPY --from=build /app/node_modules', 'dependencies of the development'],
  ['COPY --from=modules /app/sbom.cdx.json ./\n', '', 'no list of parts'],
  ['HEALTHCHECK NONE\n', '', 'health check'],
  [`VERSION=${version}`, 'VERSION=9.9.9', 'another version'],
])('a rule that is broken is found: %s', (right, wrong, fault) => {
  expect(text).toContain(right);
  expect(faultsIn(parseDockerfile(text.replace(right, wrong)), version).join('\n')).toContain(fault);
});

test('its Node is one that rapport runs on', () => {
  expect(satisfies(parseDockerfile(text).args.get('NODE')?.split('-', 1)[0] ?? '', engines.node)).toBe(true);
});

test('the context holds what is copied, and nothing else', () => {
  const [first, ...kept] = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(first).toBe('*');
  expect(kept.toSorted()).toEqual([...new Set(copiedFrom(parseDockerfile(text)))].map((source) => `!${source}`).toSorted());
  // Whatever may lie about beside them is not below these.
  for (const folder of ['src', 'schemas']) expect(globSync(`${folder}/**/{.env*,*.pem,*.key,node_modules}`, { cwd: ROOT })).toEqual([]);
});
