/** .ci/setup.mjs, on a project without dependencies, and with an npm that only pretends where it would download. */

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFolder } from '../../src/stack/folder.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import { runs } from './child.ts';

let folder: Resource<string>;
const at = (...path: string[]): string => join(folder.value, ...path);

beforeEach(async () => {
  folder = await startFolder('test');
  for (const name of ['project/.ci', 'cache/rapport']) mkdirSync(at(name), { recursive: true });
  copyFileSync(join(import.meta.dirname, '../../.ci/setup.mjs'), at('project/.ci/setup.mjs'));
  writeFileSync(at('project/package.json'), JSON.stringify({ name: 'p', version: '1.0.0', dependencies: { q: 'file:q' } }));
  mkdirSync(at('project/q'));
  writeFileSync(at('project/q/package.json'), JSON.stringify({ name: 'q', version: '1.0.0' }));
  lock('1.0.0');
});
afterEach(() => folder.stop());

function lock(version: string): void {
  const packages = {
    '': { name: 'p', version: '1.0.0', dependencies: { q: 'file:q' } },
    'node_modules/q': { resolved: 'q', link: true },
    q: { version },
  };
  writeFileSync(at('project/package-lock.json'), JSON.stringify({ name: 'p', version: '1.0.0', lockfileVersion: 3, packages }));
}

/** Runs instead of npm; `npm-cli.js` is the name by which npm makes itself known to its scripts. */
function fakeNpm(script: string): NodeJS.ProcessEnv {
  writeFileSync(at('npm-cli.js'), script);
  return { npm_execpath: at('npm-cli.js') };
}

/** Makes this Node say that it is an old one. */
function oldNode(): NodeJS.ProcessEnv {
  writeFileSync(at('old.cjs'), `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });`);
  return { NODE_OPTIONS: `--require=${at('old.cjs')}` };
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function setup(env: NodeJS.ProcessEnv = {}, during: (pid: number) => Promise<void> = async () => undefined): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [at('project/.ci/setup.mjs')], { env: { ...process.env, XDG_CACHE_HOME: at('cache'), ...env } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes) => {
      stdout += bytes;
    });
    child.stderr.on('data', (bytes) => {
      stderr += bytes;
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    during(child.pid ?? 0).catch(reject);
  });
}

const BIN = `${dirname(process.execPath)}\n`;

test('it installs what the lock file says, talks on stderr only, and is silent the next time', async () => {
  const first = await setup();
  expect(first).toEqual({ code: 0, stdout: BIN, stderr: 'rapport: installing the dependencies\n' });
  expect(existsSync(at('project/node_modules/q'))).toBe(true);
  expect(await setup()).toEqual({ code: 0, stdout: BIN, stderr: '' });
});

test('it installs again when the lock file has changed, and when an installation was interrupted', async () => {
  await setup();
  lock('1.0.1');
  writeFileSync(at('project/q/package.json'), JSON.stringify({ name: 'q', version: '1.0.1' }));
  expect((await setup()).stderr).toMatch(/installing/);
  expect((await setup()).stderr).toBe('');
  rmSync(at('project/node_modules/.package-lock.json'));
  expect((await setup()).stderr).toMatch(/installing/);
});

test('an installation that fails is an error with its reason and without an answer on stdout', async () => {
  const outcome = await setup(fakeNpm(`console.error('no network'); process.exit(1);`));
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toMatch(/npm-cli\.js install .*failed.*no network/s);
});

const PRETENDS_TO_FETCH = `
  const { mkdirSync, symlinkSync, existsSync, writeFileSync } = require('node:fs');
  const args = process.argv.slice(2);
  const name = args.at(-4).split('@')[0];
  if (!args.includes('--prefix')) { mkdirSync('node_modules', { recursive: true }); writeFileSync('node_modules/.package-lock.json', '{"packages":{"node_modules/q":{},"q":{"version":"1.0.0"}}}'); }
  else {
    const bin = args[args.indexOf('--prefix') + 1] + '/node_modules/' + name + '/bin';
    mkdirSync(bin, { recursive: true });
    symlinkSync(process.execPath, bin + '/node');
  }
`;

test('on a Node that is too old it fetches one from npm, once, and answers with its folder', async () => {
  const env = { ...oldNode(), ...fakeNpm(PRETENDS_TO_FETCH) };
  const first = await setup(env);
  expect(first.stderr).toMatch(/^rapport: Node v\S+ is too old; fetching Node 24 from npm into .*\nrapport: installing/);
  expect(first.stdout.startsWith(at('cache/rapport/node-24'))).toBe(true);
  expect(existsSync(join(first.stdout.trim(), 'node'))).toBe(true);
  expect(await setup(env)).toEqual({ code: 0, stdout: first.stdout, stderr: '' });
});

test.each([
  ['breaks off', `process.exit(1);`],
  ['brings a Node that does not run', ''],
])('a download that %s leaves nothing half', async (_, end) => {
  const half = `require('node:fs').writeFileSync(process.argv[process.argv.indexOf('--prefix') + 1] + '/half', 'x'); ${end}`;
  const outcome = await setup({ ...oldNode(), ...fakeNpm(half) });
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(readdirSync(at('cache/rapport/node-24'))).toEqual([]);
});

test('a download of a set-up that is interrupted leaves nothing half and no process', async () => {
  const forever = `
    require('node:fs').writeFileSync(process.argv[process.argv.indexOf('--prefix') + 1] + '/half', 'x');
    require('node:fs').writeFileSync(${JSON.stringify(at('pid'))}, String(process.pid));
    setInterval(() => {}, 1000);`;
  const outcome = await setup({ ...oldNode(), ...fakeNpm(forever) }, async (pid) => {
    await until('the download to have begun', 5, async () => (existsSync(at('pid')) ? true : undefined));
    process.kill(pid, 'SIGTERM');
  });
  expect(outcome.code).toBe(143);
  const npm = Number(readFileSync(at('pid'), 'utf8'));
  await until('npm to be gone', 5, async () => (runs(npm) ? undefined : true));
  expect(readdirSync(at('cache/rapport/node-24'))).toEqual([]);
});
