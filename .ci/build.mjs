/**
 * `npm pack`: JavaScript and types into dist/, with the files that are read beside the code. Node strips no types below node_modules.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (status === 0) {
  for (const file of globSync('src/**/*.{lua,xml}', { cwd: root })) cpSync(join(root, file), join(root, 'dist', relative('src', file)));
}
process.exitCode = status ?? 1;
