/**
 * The set-up before everything else, in plain JavaScript for Node 18 and newer: `npm run demo`, `npm test`, `npm run rapport` begin here.
 * 1. If this Node cannot run the project (`engines` in package.json), fetches one that can into the cache in the home folder.
 * 2. Installs the dependencies if they are not those of package-lock.json.
 * 3. Builds the dashboard's pages if they are older than their sources.
 * Prints on stdout only the folder of the right `node`, which the script puts first on its PATH; all talk goes to stderr.
 * The script then replaces itself by the program (`exec`), so signals reach it directly and nothing stands between.
 * Interrupted at any point it leaves nothing half: the next run finds out and does it again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const RECORD = join(root, 'node_modules', '.package-lock.json');
const PAGES = join(root, 'src', 'dashboard');
/** Written last: pages without it are half of them. */
const BUILT = join(root, 'dist', 'dashboard', '.built');
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rapport');

/** What an interruption has to undo. */
const open = { child: undefined, folder: undefined };

try {
  endWithParent();
  const bin = suits(process.versions.node) ? dirname(process.execPath) : await fetchNode();
  if (!installed()) await install(bin);
  if (!built()) await build(bin);
  process.stdout.write(`${bin}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  cleanUp();
}

/** `engines` of package.json: ^22.18 || ^24 || >=26 */
function suits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 22 && minor >= 18) || major === 24 || major >= 26;
}

/** The folder with a Node that suits, from npm; it is downloaded once. */
async function fetchNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(cache, `node-${MAJOR}`, name);
  const bin = join(folder, 'node_modules', name, 'bin');
  if (existsSync(bin)) return bin;

  say(`Node ${process.version} is too old; fetching Node ${MAJOR} from npm into ${cache} (once)`);
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(dirname(folder));
  open.folder = mkdtempSync(join(dirname(folder), `.${process.pid}-`));
  await npm(dirname(process.execPath), ['install', '--prefix', open.folder, '--no-save', '--ignore-scripts', `${name}@${MAJOR}`]);
  await run(join(open.folder, 'node_modules', name, 'bin', 'node'), ['--version']).catch((cause) => {
    throw new Error(`${name} does not run on this system: please install Node ${MAJOR}`, { cause });
  });
  try {
    renameSync(open.folder, folder);
  } catch (error) {
    if (!existsSync(bin)) throw error; // else another run was faster
  }
  return bin;
}

/** Folders of runs that were killed: their names begin with the process number. */
function removeAbandoned(parent) {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^\.(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/**
 * Compares the lock file with npm's own record of what it has installed. npm writes that at the very end, so an installation that was
 * interrupted has none. Optional packages may be missing: they are for other systems.
 */
function installed() {
  if (!existsSync(RECORD)) return false;
  const there = JSON.parse(readFileSync(RECORD, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => path === '' || optional || there[path]?.version === version);
}

/**
 * Like `npm ci`, which itself refuses a lock file that was written behind a registry without the packages for other systems.
 * The record goes first: without it, what an interruption leaves is not taken for an installation.
 */
async function install(bin) {
  say('installing the dependencies');
  rmSync(RECORD, { force: true });
  rmSync(join(root, 'node_modules'), { recursive: true, force: true });
  await npm(bin, ['install', '--no-save', '--include=dev', '--ignore-scripts']);
  if (!installed()) throw new Error('package-lock.json does not fit package.json: npm install brings them together');
}

function built() {
  if (!existsSync(PAGES)) return true;
  if (!existsSync(BUILT)) return false;
  const sources = readdirSync(PAGES, { recursive: true }).map((file) => join(PAGES, file));
  return sources.every((file) => statSync(file).mtimeMs <= statSync(BUILT).mtimeMs);
}

async function build(bin) {
  say('building the dashboard');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await run(join(bin, 'node'), [vite, 'build', '--config', join(PAGES, 'vite.config.ts'), '--logLevel', 'error'], bin);
  writeFileSync(BUILT, '');
}

/** npm under the Node of that folder. The npm that runs this script if there is one, else the one on the PATH. */
function npm(bin, args) {
  const quiet = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  const cli = process.env.npm_execpath ?? '';
  if (cli.endsWith('npm-cli.js')) return run(join(bin, 'node'), [cli, ...quiet], bin);
  return run('npm', quiet, bin);
}

/** Quiet, unless it fails. */
function run(program, args, bin = '') {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    open.child = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => {
        output += bytes;
      });
    }
    child.on('error', (cause) => reject(new Error(`${program} could not be run: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => {
      open.child = undefined;
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(' ')} failed (${signal ?? `exit code ${code}`}):\n${output.trim()}`));
    });
  });
}

/** A signal ends it, and so does the end of the shell that waits for its answer. */
function endWithParent() {
  const end = (code) => {
    cleanUp();
    process.exit(code);
  };
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || end(1), 200).unref();
}

function cleanUp() {
  if (open.child?.pid !== undefined) process.kill(-open.child.pid, 'SIGKILL');
  if (open.folder !== undefined) rmSync(open.folder, { recursive: true, force: true, maxRetries: 5 });
}

function say(line) {
  process.stderr.write(`rapport: ${line}\n`);
}
