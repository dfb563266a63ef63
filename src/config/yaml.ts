/**
 * A YAML text whose every value knows its line. Boundary: syntax and positions; what the values mean is for others.
 * Faults name `file:line:column` and never quote the text: it may hold secrets.
 */
import { type Document, isAlias, isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { Path } from './data.ts';
import type { Fault } from './fault.ts';

export class Yaml {
  readonly name: string;
  /** what the text says, as plain data; an empty text is an empty mapping */
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(name: string, document: Document, lines: LineCounter, value: unknown) {
    this.name = name;
    this.#document = document;
    this.#lines = lines;
    this.value = value;
  }

  /** `file:line:column` of a value, or of the nearest thing around it that is there. */
  where(path: Path): string {
    for (let length = path.length; length > 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (node?.range) return this.#position(node.range[0]);
    }
    return this.#position(this.#document.contents?.range?.[0] ?? 0);
  }

  /** `file:line:column` of a key of the mapping at `path`. */
  whereKey(path: Path, key: string): string {
    const node = path.length === 0 ? this.#document.contents : this.#node(path);
    if (isMap(node)) {
      for (const pair of node.items) {
        if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key && pair.key.range)
          return this.#position(pair.key.range[0]);
      }
    }
    return this.where([...path, key]);
  }

  /** A scalar as it is written, `500.00` and not `500`; undefined for anything else. */
  source(path: Path): string | undefined {
    const found = this.#node(path);
    const node = isAlias(found) ? found.resolve(this.#document) : found;
    if (!isScalar(node)) return undefined;
    return node.source ?? (node.value === null || node.value === undefined ? undefined : String(node.value));
  }

  #node(path: Path): Node | undefined {
    const node = this.#document.getIn(path, true);
    return isScalar(node) || isAlias(node) || isMap(node) || hasRange(node) ? node : undefined;
  }

  #position(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.name}:${line}:${col}`;
  }
}

function hasRange(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node;
}

/** Parses a text; `yaml` is null when it has syntax faults. */
export function parseYaml(text: string, name: string): { readonly yaml: Yaml | null; readonly faults: readonly Fault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      // what follows a colon quotes the text
      return { where: `${name}:${line}:${col}`, message: `is not valid YAML: ${error.message.split(': ')[0]}.` };
    });
    return { yaml: null, faults };
  }
  try {
    return { yaml: new Yaml(name, document, lines, document.toJS({ maxAliasCount: 100 }) ?? {}), faults: [] };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { yaml: null, faults: [{ where: `${name}:1:1`, message: 'has too many aliases, or one that refers to nothing.' }] };
  }
}
