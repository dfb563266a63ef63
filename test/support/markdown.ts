/**
 * The documentation as data: pages, sections, tables, code spans and code blocks. Knows as much Markdown as the pages use.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
export const NAMES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...globSync('{docs,examples}/**/*.md', { cwd: ROOT })];
export const docs: ReadonlyMap<string, string> = new Map(NAMES.map((name) => [name, read(name)]));
export const doc = (name: string): string => docs.get(name) ?? '';

export interface Block {
  readonly doc: string;
  readonly language: string;
  readonly text: string;
}

export const blocks: readonly Block[] = [...docs].flatMap(([name, text]) =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', inner = '']) => ({ doc: name, language, text: inner })),
);
export const blocksOf = (language: string, first = ''): readonly Block[] =>
  blocks.filter((block) => block.language === language && block.text.startsWith(first));

/** A text without its code blocks. */
export const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');
/** The code spans of a text. */
export const codes = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** The rows of all tables of a text, as cells by the names of their columns. */
export function rowsOf(text: string): Map<string, string>[] {
  const rows: Map<string, string>[] = [];
  let head: string[] | null = null;
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
      : null;
    if (cells === null) head = null;
    else if (head === null) head = cells;
    else if (!/^-+$/.test(cells[0] ?? '')) rows.push(new Map(head.map((name, i) => [name, cells[i] ?? ''])));
  }
  return rows;
}

/** The part of a text from a heading to the next of the same or a higher rank. */
export function section(text: string, heading: RegExp): string {
  const start = text.search(heading);
  if (start < 0) return '';
  const rank = /^#+/.exec(text.slice(start))?.[0].length ?? 1;
  const rest = text.slice(start).split('\n');
  const end = rest.findIndex((line, i) => i > 0 && new RegExp(`^#{1,${rank}} `).test(line));
  return rest.slice(0, end < 0 ? undefined : end).join('\n');
}

/** What a link to a heading of a text may name. */
export const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
