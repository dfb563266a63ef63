/**
 * An example's settings from the environment: everything that is wrong is said at once, each with its variable, and no value is quoted, since some are secrets.
 */
import { readFileSync } from 'node:fs';

export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #faults: string[] = [];

  constructor(variables: Readonly<Record<string, string | undefined>> = process.env) {
    this.#variables = variables;
  }

  /** Null where it is not set; a variable that is set to nothing is not set. */
  optional(name: string): string | null {
    return this.#variables[name] || null;
  }

  /** `fallback` where it is not set; without one it has to be. */
  text(name: string, fallback?: string): string {
    const value = this.optional(name) ?? fallback;
    if (value === undefined) this.#faults.push(`${name} is not set.`);
    return value ?? '';
  }

  /** As a text, or in the file that `<name>_FILE` names. */
  secret(name: string): string | null {
    return this.optional(name) ?? this.file(`${name}_FILE`)?.trim() ?? null;
  }

  /** What stands in the file that is named; null where none is. */
  file(name: string): string | null {
    const path = this.optional(name);
    if (path === null) return null;
    try {
      return readFileSync(path, 'utf8');
    } catch {
      this.#faults.push(`${name} names a file that cannot be read: check the path and its permissions.`);
      return null;
    }
  }

  integer(name: string, fallback: number, least: number, most: number): number {
    const value = Number(this.optional(name) ?? fallback);
    if (!Number.isInteger(value) || value < least || value > most)
      this.#faults.push(`${name} has to be a whole number from ${least} to ${most}.`);
    return value;
  }

  /** Null where it is not set. */
  url(name: string): string | null {
    const value = this.optional(name);
    if (value === null || /^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
    this.#faults.push(`${name} has to be an address that begins with http:// or https://.`);
    return null;
  }

  fault(message: string): void {
    this.#faults.push(message);
  }

  /** To be called when everything has been asked for. Throws Misconfigured with all faults. */
  check(): void {
    if (this.#faults.length > 0) throw new Misconfigured(this.#faults.join('\n'));
  }
}
