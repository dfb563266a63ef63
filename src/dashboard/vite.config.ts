/**
 * The dashboard's bundle, into dist/dashboard: one script, one style sheet, one page. Relative addresses, so that it may be served under any path.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: here('../../dist/dashboard'), emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0, target: 'es2022' },
});
