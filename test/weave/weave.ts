/**
 * Changes named places of the sources as they are loaded, so that production code holds no hooks for tests. Two kinds: a comment line
 * `// crash point: NAME` in an async function becomes `await globalThis.crashPoint('NAME');`, and a patch puts one text in the place of another.
 * Boundary: what a crash point then does is crash.ts; nothing is written to any file, and lines keep their numbers but where a patch has more of them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Made by the weaver, called by the woven sources: what a process does at its crash points. */
declare global {
  var crashPoint: (name: string) => Promise<void>;
}

export interface Patch {
  /** for messages */
  readonly name: string;
  /** from the root of the repository, with slashes */
  readonly file: string;
  /** stands in the file exactly once */
  readonly find: string;
  readonly replace: string;
}

export interface Weaving {
  /** whether crash points are called; no unless given */
  readonly crashPoints?: boolean;
  readonly patches?: readonly Patch[];
}

export interface CrashPoint {
  readonly name: string;
  /** from the root of the repository, with slashes */
  readonly file: string;
  /** from 1 on */
  readonly line: number;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MARKER = /^( *)\/\/ crash point: ([a-z]+(?:-[a-z]+)*)$/gm;

/**
 * Weaves what this thread loads from now on; call it before the first import of the sources. A worker thread weaves for itself. Throws at once when a patch does
 * not apply. Returns what ends it; what has been loaded stays as it is.
 */
export function weave(weaving: Weaving): () => void {
  const patches = weaving.patches ?? [];
  for (const file of new Set(patches.map((patch) => patch.file))) woven(file, readFileSync(join(ROOT, file), 'utf8'), weaving);
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:') || loaded.source === null || loaded.source === undefined) return loaded;
      const file = nameOf(fileURLToPath(url.replace(/[?#].*$/, '')));
      if (!file.startsWith('src/')) return loaded;
      const { source } = loaded;
      const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8');
      return { ...loaded, source: woven(file, text, weaving) };
    },
  });
  return () => hooks.deregister();
}

/** A source as it is after weaving. Throws an error that names the patch and the file when a patch's text is not there exactly once. */
export function woven(file: string, source: string, { crashPoints = false, patches = [] }: Weaving): string {
  let text = source;
  for (const patch of patches) {
    if (patch.file !== file) continue;
    const found = text.split(patch.find).length - 1;
    if (found !== 1) throw new Error(`the patch "${patch.name}" does not apply: its text stands ${found} times in ${file}`);
    text = text.replace(patch.find, () => patch.replace);
  }
  return crashPoints ? text.replace(MARKER, "$1await globalThis.crashPoint('$2');") : text;
}

/** All crash points below a folder of the repository, file by file. */
export function crashPointsIn(folder: string): CrashPoint[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => nameOf(join(ROOT, folder, path)))
    .sort()
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, file), 'utf8');
      return [...source.matchAll(MARKER)].map((found) => ({
        name: found[2] ?? '',
        file,
        line: source.slice(0, found.index).split('\n').length,
      }));
    });
}

const nameOf = (path: string): string => relative(ROOT, path).split(sep).join('/');
