/**
 * `npm test`: verifies everything, in order from quick to slow, and stops at the first failure.
 * Its last line is `N passed, N failed, N skipped`, the counts of the tests that have run; any other failure counts as one.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFolder } from '../src/stack/folder.ts';
import { atEnd, killGroup } from '../src/stack/watchdog.ts';

interface Step {
  readonly name: string;
  readonly package: string;
  readonly args: readonly string[];
  /** of a run of tests: the file with its counts */
  readonly report?: string;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = await startFolder('check');

// In a file or a pipe, colours are noise.
const plain = !process.stdout.isTTY;
const env = plain ? { ...process.env, NO_COLOR: '1' } : process.env;

const STEPS: readonly Step[] = [
  { name: 'format and lint', package: '@biomejs/biome', args: ['ci', '.', ...(plain ? ['--colors=off'] : [])] },
  { name: 'types', package: 'typescript', args: ['-p', '.'] },
  { name: 'types of the dashboard', package: 'typescript', args: ['-p', 'src/dashboard'] },
  { name: 'dead code', package: 'knip', args: [] },
  { name: 'architecture', package: 'vitest', args: ['run', '--project=pure', 'test/architecture.test.ts'] },
  { name: 'unit and property tests', package: 'vitest', ...counted('pure') },
  { name: 'tests on the real stack', package: 'vitest', ...counted('real') },
];

// Ending is enough: the watchdog ends the step that runs and removes the folder; the servers have a watchdog of their own.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const step of STEPS) {
  process.stdout.write(`\n=== ${step.name}\n`);
  const code = await runStep(step);
  if (step.report !== undefined) addCounts(step.report, code);
  else if (code !== 0) counts.failed += 1;
  if (code === 0) continue;
  process.stdout.write(`\n=== FAILED: ${step.name}\n`);
  process.exitCode = code;
  break;
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
await folder.stop();

/** Its exit code; 1 when it was killed. */
function runStep(step: Step): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binOf(step.package), ...step.args], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const release = child.pid === undefined ? () => undefined : atEnd(killGroup(child.pid));
    child.on('error', reject);
    child.on('exit', (code) => {
      release();
      resolve(code ?? 1);
    });
  });
}

/** The first program that a package brings. */
function binOf(name: string): string {
  const file = join(root, 'node_modules', name, 'package.json');
  const { bin }: { bin: string | Record<string, string> } = createRequire(import.meta.url)(file);
  const [path] = typeof bin === 'string' ? [bin] : Object.values(bin);
  if (path === undefined) throw new Error(`${name} brings no program`);
  return join(dirname(file), path);
}

function counted(project: string): { readonly args: readonly string[]; readonly report: string } {
  const report = join(folder.value, `${project}.json`);
  return { args: ['run', `--project=${project}`, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], report };
}

/** What failed without being a test (a file that could not be read, the stack, an error between tests) counts as one as well. */
function addCounts(file: string, code: number): void {
  const tests: TestReport | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  const broken = tests?.testResults.filter(
    (each) => each.status === 'failed' && !each.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = (tests?.numFailedTests ?? 0) + (broken?.length ?? 0);
  counts.passed += tests?.numPassedTests ?? 0;
  counts.failed += Math.max(failed, code === 0 ? 0 : 1);
  counts.skipped += (tests?.numPendingTests ?? 0) + (tests?.numTodoTests ?? 0);
}
