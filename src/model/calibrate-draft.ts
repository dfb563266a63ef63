/**
 * A policy in the making: a preset, and the numbers that were derived, each with where it comes from. Its text is the file, and the policy is
 * what the file parses to, so that what is played is what is written. Boundary: paths and texts; what the numbers are, calibrate.ts says.
 */
import { digitsOf, toMajor } from '../config/currency.ts';
import { isMapping } from '../config/data.ts';
import { parsePolicy } from '../config/policy.ts';
import type { Policy, PresetName } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';

export type Value = number | string | boolean;

/** One line of the file. */
export interface Derived {
  /** such as `loyalty.frequency.orders` */
  readonly path: string;
  /** as in a policy: money in minor units */
  readonly value: Value;
  /** where it comes from, in a few words */
  readonly because: string;
}

const MONEY = ['value.high', 'lifetime.gammaGamma.v'];
/** Keys that every draft begins with. */
const PRESET = 'preset';

export class Draft {
  readonly preset: PresetName;
  readonly #lines: ReadonlyMap<string, Derived>;

  private constructor(preset: PresetName, lines: ReadonlyMap<string, Derived>) {
    this.preset = preset;
    this.#lines = lines;
  }

  static of(preset: PresetName): Draft {
    return new Draft(preset, new Map());
  }

  /** The draft with these numbers; those of the same paths are replaced. */
  with(...lines: readonly Derived[]): Draft {
    return new Draft(this.preset, new Map([...this.#lines, ...lines.map((line) => [line.path, line] as const)]));
  }

  get lines(): readonly Derived[] {
    return [...this.#lines.values()];
  }

  /** What the file says once it is parsed. */
  get policy(): Policy {
    return parsePolicy(this.text([]), 'the calibrated policy').policy;
  }

  /** The file, `head` as comments before it. */
  text(head: readonly string[]): string {
    const base = presets[this.preset];
    const written = [...head.map((line) => `# ${line}`.trimEnd()), `${PRESET}: ${this.preset} # what is not named here`];
    return `${[...written, ...this.#below(base, '')].join('\n')}\n`;
  }

  /** The lines of a mapping of the preset, in its order. */
  #below(mapping: object, path: string): string[] {
    const depth = '  '.repeat(path === '' ? 0 : path.split('.').length);
    return Object.entries(mapping).flatMap(([key, value]) => {
      const here = path === '' ? key : `${path}.${key}`;
      const line = this.#lines.get(here);
      if (line !== undefined) return [`${depth}${key}: ${this.#written(line)} # ${line.because}`];
      if (!isMapping(value)) return [];
      const inner = this.#below(value, here);
      return inner.length === 0 ? [] : [`${depth}${key}:`, ...inner];
    });
  }

  #written({ path, value }: Derived): string {
    if (!MONEY.includes(path)) return String(value);
    return toMajor(Number(value), digitsOf(this.#currency) ?? 2);
  }

  get #currency(): string {
    return String(this.#lines.get('currency')?.value ?? presets[this.preset].currency);
  }
}
