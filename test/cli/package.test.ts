/** The packed package, as a stranger installs it: JavaScript and types, no type stripping needed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rapport-package-'));
const run = (program: string, args: readonly string[], cwd: string): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => {
  const [packed]: [{ filename: string }] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], root));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', `./${packed.filename}`], folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `
import { TestDriver } from 'rapport/testing';
const driver = new TestDriver();
await driver.start();
const record = {
  eventId: 'e1', customerId: 'anna', occurredAt: driver.clock.wall(), orderId: 'o1', kind: 'PURCHASE', amountMinor: 4999, currency: 'USD', discountMinor: 0,
  costMinor: null, items: 1, channel: 'WEB', recurring: false, recommended: false, campaignId: null, orderedAt: null,
};
driver.pipe({ type: 'purchase', record });
await driver.settle();
for (const change of driver.outputs('segmentChanges')) console.log(change.customerId, change.from, change.to);
await driver.stop();
`;

it('rapport/testing runs the whole engine in memory from an empty folder', () => {
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  expect(run(process.execPath, ['program.mjs'], folder)).toBe('anna null NEW\n');
});

it('its types are there for TypeScript', () => {
  writeFileSync(
    join(folder, 'program.ts'),
    "import { TestDriver } from 'rapport/testing';\nexport const driver: TestDriver = new TestDriver({ shards: 2 });\n",
  );
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024', '--types', '', 'program.ts'];
  expect(run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options], folder)).toBe('');
});

it('the command runs', () => {
  expect(run(process.execPath, [join(folder, 'node_modules/rapport/dist/main.js'), '--help'], folder)).toContain(
    'rapport [options] [command]',
  );
});
