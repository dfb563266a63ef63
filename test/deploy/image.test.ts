/**
 * What the Dockerfile does, step by step on this machine: its context builds, and production dependencies alone start the program. No engine is needed; that the base image has a
 * shell, Node and npm is not tested here.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runTool } from '../../src/stack/tool.ts';
import { until } from '../../src/stack/until.ts';
import { copiedFrom, parseDockerfile, stepsOf } from './dockerfile.ts';

const ROOT = join(import.meta.dirname, '../..');
const file = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const stage = (name: string) => file.stages.find((each) => each.name === name);

const folder = mkdtempSync(join(tmpdir(), 'rapport-image-'));
const [build, app] = [join(folder, 'build'), join(folder, 'app')];
const copy = (from: string, to: string, names: readonly string[]): void => {
  for (const name of names) cpSync(join(from, name), join(to, name), { recursive: true });
};
const shell = (script: string, cwd: string): Promise<string> => runTool(['sh', '-c', script], { cwd });

beforeAll(async () => {
  const context = copiedFrom(file);
  copy(ROOT, build, context);
  // In place of the installation, which `npm test` has done already.
  symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'));
  for (const step of stepsOf(stage('build'), 'RUN').filter((each) => !each.startsWith('npm '))) await shell(step, build);
  copy(ROOT, app, ['package.json', 'package-lock.json']);
  for (const step of stepsOf(stage('modules'), 'RUN')) await shell(step, app);
  copy(build, app, ['dist', 'schemas']);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const main = join(app, 'dist/main.js');
const sbom = z.looseObject({ components: z.array(z.looseObject({ name: z.string(), version: z.string() })) });
const record = z.looseObject({ packages: z.record(z.string(), z.looseObject({ version: z.string() })) });

test('the program starts with production dependencies alone, and so does all that is loaded later', async () => {
  // Kubernetes runs it by its name, too.
  expect(await runTool([main, '--help'], { cwd: folder })).toContain('Usage: rapport');
  expect(await runTool([process.execPath, main, '--help'], { cwd: folder })).toContain('rapport [options] [command]');
  expect(existsSync(join(app, 'node_modules/vitest'))).toBe(false);
  expect(existsSync(join(app, 'dist/dashboard/index.html'))).toBe(true);
  await runTool([process.execPath, '--input-type=module', '-e', `await import(${JSON.stringify(join(app, 'dist/http/index.js'))})`], {
    cwd: folder,
  });
});

test('the list of parts names every package that is installed, with its version, and no other', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(app, file), 'utf8'));
  const { components } = sbom.parse(read('sbom.cdx.json'));
  const installed = Object.entries(record.parse(read('node_modules/.package-lock.json')).packages);
  const names = new Set(installed.map(([path, { version }]) => `${path.split('node_modules/').at(-1)} ${version}`));
  expect(names.size).toBeGreaterThan(50);
  expect(new Set(components.map(({ name, version }) => `${name} ${version}`))).toEqual(names);
});

test('without a shell between, SIGTERM ends a worker in good order while it waits for its servers', async () => {
  const env = {
    RAPPORT_KAFKA_BROKERS: '127.0.0.1:1',
    RAPPORT_REDIS_URL: 'redis://127.0.0.1:1',
    RAPPORT_REGISTRY_URL: 'http://127.0.0.1:1',
  };
  const child = spawn(process.execPath, [main, 'run'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await until('the worker to wait for Kafka', 30, async () => (said.includes('waiting for Kafka') ? true : undefined));
  child.kill('SIGTERM');
  expect(await ended, said).toBe(0);
});
