/**
 * `npm pack`: JavaScript and types into dist/, with the files that are read beside the code, and the dashboard's pages. Node strips no types below node_modules.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { resolve } = createRequire(import.meta.url);
const compiler = join(dirname(resolve('typescript/package.json')), 'bin', 'tsc');
const bundler = join(dirname(resolve('vite/package.json')), 'bin', 'vite.js');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const run = (program, ...args) => spawnSync(process.execPath, [program, ...args], { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
let status = run(compiler, '-p', join(root, 'tsconfig.build.json'));
if (status === 0) status = run(bundler, 'build', '--config', join(root, 'src', 'dashboard', 'vite.config.ts'), '--logLevel', 'error');
if (status === 0) {
  for (const file of globSync('src/**/*.{lua,xml}', { cwd: root })) cpSync(join(root, file), join(root, 'dist', relative('src', file)));
}
process.exitCode = status;
