/**
 * Holds the documentation to the code: log lines, halts, invariants, commands, links. Needs no server.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { getIn } from '../src/config/data.ts';
import { LIMITS } from '../src/engine/engine.ts';
import { MUTANTS } from './simulation/mutants.ts';
import { anchorsOf, blocks, blocksOf, codes, doc, docs, NAMES, prose, ROOT, read, rowsOf, section } from './support/markdown.ts';

describe('operations', () => {
  const text = doc('docs/operations.md');
  const sources = new Map(globSync('src/**/*.ts', { cwd: ROOT }).map((file) => [file, read(file)]));
  const joined = [...sources.values()].join('\n').replace(/['`] \+\n\s*['`]/g, '');

  test('every log line of the code is explained, and no other', () => {
    const pattern = /\blog\.(info|warn|error)\([^'"`;]*?,\s*(?:'([^'\n]+)'|"([^"\n]+)"|`([^`\n]+)`)/g;
    const written = [...joined.matchAll(pattern)].map(
      ([, level, a, b, c]) => `${level} ${(a ?? b ?? c ?? '').replace(/\$\{[^}]*\}/g, '…')}`,
    );
    expect(written.length).toBeGreaterThan(10);
    const explained = rowsOf(section(text, /^## Log lines/m)).map((row) => `${row.get('level')} ${codes(row.get('line') ?? '')[0]}`);
    expect(explained.filter((line) => !line.includes('kafkajs')).toSorted()).toEqual([...new Set(written)].sort());
  });

  test('every halt that is explained has its words in the code', () => {
    const said = rowsOf(section(text, /^## Halts/m)).map((row) => codes(row.get('the message says') ?? '')[0] ?? '');
    expect(said.length).toBeGreaterThan(10);
    for (const words of said) expect(joined).toContain(words);
  });

  test('bounds are those of the code', () => {
    const units: Readonly<Record<string, number>> = { KiB: 1 << 10, MiB: 1 << 20 };
    const rows = rowsOf(section(text, /^## Shards/m));
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      const [number = '', unit = ''] = (row.get('value') ?? '').split(' ');
      expect(Number(number) * (units[unit] ?? 1)).toBe(getIn(LIMITS, codes(row.get('bound') ?? '')));
    }
  });
});

describe('architecture', () => {
  test('each invariant has tests that exist and cite it', () => {
    const rows = rowsOf(section(doc('ARCHITECTURE.md'), /^## Invariants/m));
    const names = rows.map((row) => (row.get('') ?? '').split(' ')[0] ?? '');
    expect(names).toEqual([...Array.from({ length: 12 }, (_, i) => `I${i + 1}`), 'D1', 'D2', 'D3', 'D4']);
    for (const row of rows) {
      const name = (row.get('') ?? '').split(' ')[0] ?? '';
      const files = [...(row.get('held by') ?? '').matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => file);
      expect(files.length, name).toBeGreaterThan(0);
      for (const file of files) expect(citations(read(file)), `${file} cites ${name}`).toContain(name);
    }
  });

  test('every folder of the sources stands in the house', () => {
    const house = blocksOf('text', 'schemas/')[0]?.text ?? '';
    const folders = new Set(globSync('src/*/**/*.ts', { cwd: ROOT }).map((file) => file.split('/')[1] ?? ''));
    for (const name of folders) expect(house).toContain(`  ${name}/`);
  });
});

/** The invariants that a text cites: `I6`, `D1, D2`, `I2–I8`. */
function citations(text: string): string[] {
  return [...text.matchAll(/\b([ID])(\d{1,2})(?:–\1(\d{1,2}))?\b/g)].flatMap(([, letter, from, to]) =>
    Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, i) => `${letter}${Number(from) + i}`),
  );
}

describe('commands', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
  /** scripts that run what the tests are made of, for longer, and the benchmark */
  const proofs = Object.keys(scripts).filter((name) => /node (test|bench)\//.test(scripts[name] ?? ''));
  const shell = blocksOf('sh').flatMap(({ doc: name, text }) => text.split('\n').map((line) => [name, line.replace(/\s#.*/, '')] as const));
  const spans = [...docs].flatMap(([name, text]) => {
    const logLines = section(text, /^## Log lines/m);
    return codes(prose(text).replace(logLines, '')).map((code) => [name, code] as const);
  });

  test('every npm script that is named exists', () => {
    const named = [...shell, ...spans].flatMap(([, line]) =>
      [...line.matchAll(/\bnpm (?:run (?:--silent )?)?(\w+)/g)].map(([, name]) => name),
    );
    expect(named).toContain('demo');
    for (const name of named) expect([...Object.keys(scripts), 'run']).toContain(name);
  });

  test('every command of rapport that is named exists, with its options', async () => {
    const named = [...shell, ...spans].flatMap(([name, line]) => {
      if (proofs.some((script) => line.includes(`npm run ${script}`))) return [];
      const words = /\b(?:rapport|npm run)(?: -- | )(?!-|rapport)(.*)/.exec(line.replace(/\bnpm run --silent /, ''))?.[1];
      return words === undefined ? [] : [{ where: `${name}: ${line}`, words: words.split(/\s+/).filter((word) => word !== '--') }];
    });
    expect(named.length).toBeGreaterThan(15);
    const program = await commandsOfMain();
    for (const { where, words } of named) {
      const [first = '', second = ''] = words;
      const top = below(program, first);
      expect(top, where).toBeDefined();
      const mayHave = top !== undefined && top.commands.length > 0 && /^[a-z]/.test(second);
      const command = mayHave ? below(top, second) : top;
      expect(command, where).toBeDefined();
      const known = command?.options.map(({ long }) => long);
      for (const option of words.filter((word) => word.startsWith('--'))) expect(known, where).toContain(option);
    }
  });

  test.each(proofs)('every option of `npm run %s` that is named exists', { timeout: 30_000 }, async (script) => {
    const named = [...shell, ...spans].flatMap(([name, line]) =>
      line.includes(`npm run ${script}`)
        ? [...line.matchAll(/(--\w[\w-]*)/g)].map(([option]) => ({ where: `${name}: ${line}`, option }))
        : [],
    );
    expect(named.length).toBeGreaterThan(0);
    const file = /node ((?:test|bench)\/\S+)/.exec(scripts[script] ?? '')?.[1] ?? '';
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, file), '--help']);
    for (const { where, option } of named) expect(stdout, where).toMatch(new RegExp(`^ *(-\\w, )?${option}\\b`, 'm'));
  });

  test('every command is in the operations page, and no other', async () => {
    const listed = rowsOf(section(doc('docs/operations.md'), /^## Running/m)).map(
      (row) => codes(row.get('command') ?? '')[0]?.split(' ')[1],
    );
    expect([...new Set(listed)].sort()).toEqual((await commandsOfMain()).map((command) => command.name()).sort());
  });

  test('the program of the guide to tests prints what it says', { timeout: 30_000 }, async () => {
    const [program] = blocksOf('ts');
    const after = blocks[blocks.findIndex(({ text }) => text === program?.text) + 1];
    const folder = mkdtempSync(join(tmpdir(), 'rapport-docs-'));
    const file = join(folder, 'program.ts');
    writeFileSync(file, (program?.text ?? '').replace('../src/testing.ts', join(ROOT, 'src/testing.ts')));
    const { stdout } = await promisify(execFile)(process.execPath, [file]).finally(() => rmSync(folder, { recursive: true }));
    expect(stdout).toBe(after?.text);
  });
});

const below = (commands: readonly Command[] | Command, name: string): Command | undefined =>
  (commands instanceof Command ? commands.commands : commands).find((command) => command.name() === name);

/** The commands that main.ts adds to the program, made here without connections. */
async function commandsOfMain(): Promise<Command[]> {
  const main = read('src/main.ts');
  const files = new Map(
    [...main.matchAll(/import \{ (\w+Command) \} from '\.\/(cli\/[\w-]+\.ts)'/g)].map(([, name, file]) => [name, file]),
  );
  const added = [...main.matchAll(/\baddCommand\((\w+)\(/g)].map(([, name = '']) => name);
  const made = await Promise.all(
    added.map(async (name): Promise<unknown> => {
      const module: Readonly<Record<string, unknown>> = await import(join(ROOT, 'src', files.get(name) ?? ''));
      const make = module[name];
      return typeof make === 'function' ? Reflect.apply(make, undefined, [() => Promise.reject(new Error('not connected'))]) : undefined;
    }),
  );
  return made.map((command) => {
    if (!(command instanceof Command)) throw new Error('src/main.ts adds a command in a way that this test does not know');
    return command;
  });
}

test('the mutants that the guarantees name are those that are caught', () => {
  const text = section(doc('docs/guarantees.md'), /^## How it is tested/m);
  const named = [...text.slice(text.indexOf('test/simulation/mutants.ts')).matchAll(/^- (.+)$/gm)].map(([, name]) => name);
  expect(named).toEqual(MUTANTS.map(({ name }) => name));
});

describe('pages', () => {
  test.each(NAMES)('links of %s lead somewhere', (name) => {
    for (const [, target = ''] of prose(doc(name)).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? name : join(dirname(name), path);
      expect(existsSync(join(ROOT, file)), `${name}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(read(file)), `${name}: ${target}`).toContain(anchor);
    }
  });

  test.each(NAMES)('%s names no path of a machine', (name) => {
    expect(doc(name)).not.toMatch(/(^|[\s`'"(=])\/(home|root|tmp|work|Users|var|opt)\b|\b[A-Z]:\\|\.\.\/shared/);
  });

  test.each(NAMES)('files that %s names in code exist', (name) => {
    for (const code of codes(prose(doc(name)))) {
      if (/^(src|test|schemas|\.ci)\/[\w./-]+$/.test(code) && !/\/(x|name)\./.test(code))
        expect(existsSync(join(ROOT, code)), code).toBe(true);
    }
  });
});
