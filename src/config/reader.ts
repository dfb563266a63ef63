/**
 * Reads settings one by one from the environment, then the file, and gathers the faults on the way. Boundary: what a single setting says;
 * what several say together is load.ts's.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { EVENT_TYPES, type EventSource } from './config.ts';
import { getIn, isMapping, type Path } from './data.ts';
import { didYouMean, type Fault } from './fault.ts';
import { describe } from './issues.ts';
import { parseMap } from './mapping/parse.ts';
import {
  directSourceSchema,
  FILE_KEYS,
  isServiceLink,
  mappedSourceSchema,
  SETTINGS,
  type Setting,
  SOURCE_KEYS,
  sourcesSchema,
  VARIABLES,
} from './settings.ts';
import type { Yaml } from './yaml.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where a setting was found, and what stands there. */
interface Found {
  readonly where: string;
  readonly value: unknown;
  /** folder that a path in it is relative to */
  readonly folder: string;
}

export class Reader {
  readonly faults: Fault[] = [];
  readonly warnings: string[] = [];
  readonly #env: Env;
  readonly #yaml: Yaml | null;

  constructor(env: Env, yaml: Yaml | null) {
    this.#env = env;
    this.#yaml = yaml;
  }

  /** Where a setting is given, or the variable that would give it. */
  where(setting: Setting<unknown>): string {
    return this.#find(setting)?.where ?? setting.variable;
  }

  given(setting: Setting<unknown>): boolean {
    return this.#find(setting) !== null;
  }

  fault(setting: Setting<unknown>, message: string): void {
    this.faults.push({ where: this.where(setting), message });
  }

  /** The setting's value; null when it is not given, or at fault. */
  async take<T>(setting: Setting<T>): Promise<T | null> {
    const found = await this.#resolve(setting);
    if (!found) return null;
    const parsed = setting.schema.safeParse(found.value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const hidden = setting.secret || setting === SETTINGS.brokers || setting === SETTINGS.saslTokenEndpoint;
      this.faults.push({ where: found.where, message: describe(issue, found.value, hidden) });
    }
    return null;
  }

  /** A PEM text, given as it is or as the path of a file. */
  async takePem(setting: Setting<string>, kind: 'certificate' | 'key'): Promise<string | null> {
    const given = await this.take(setting);
    if (given === null) return null;
    const found = this.#find(setting);
    const pem = given.includes('-----BEGIN ')
      ? given
      : await this.#read(found?.where ?? setting.variable, resolve(found?.folder ?? '.', given));
    if (pem === null) return null;
    try {
      if (kind === 'key') createPrivateKey(pem);
      else new X509Certificate(pem);
      return pem;
    } catch {
      // OpenSSL's own words say nothing about the cure
      const cure = kind === 'key' ? 'a PEM private key without a passphrase' : 'a PEM certificate';
      this.fault(setting, `must be ${cure}, or the path of one.`);
      return null;
    }
  }

  /** The file's list of sources; null when there is none, or it is at fault. */
  takeSources(): readonly EventSource[] | null {
    const given = getIn(this.#yaml?.value, ['sources']);
    if (!this.#yaml || given === undefined) return null;
    const list = this.#shaped(sourcesSchema, given, ['sources']);
    const sources = list?.map((raw, i) => this.#takeSource(this.#yaml, raw, ['sources', i])) ?? [];
    const sound = sources.filter((source) => source !== null);
    return list !== null && sound.length === list.length ? sound : null;
  }

  #takeSource(yaml: Yaml | null, raw: unknown, path: Path): EventSource | null {
    if (!isMapping(raw) || !Object.hasOwn(raw, 'map')) return this.#shaped(directSourceSchema, raw, path);
    const source = this.#shaped(mappedSourceSchema, raw, path);
    const type = EVENT_TYPES.find((known) => known === raw.type);
    const at = [...path, 'map'];
    // Where the type is at fault, what the map has to have is not known.
    const parsed = source !== null || type !== undefined || raw.type === undefined ? parseMap(raw.map, type, at) : [];
    if (!('events' in parsed)) {
      for (const { path: within, key, message } of parsed) {
        const where = key === null ? yaml?.where(within) : yaml?.whereKey(within, key);
        this.faults.push({ where: where ?? 'sources', message });
      }
      return null;
    }
    return source === null ? null : { ...source, type: source.type ?? null, map: parsed };
  }

  /** What stands at a path of the file, by its schema; null when it is at fault. */
  #shaped<T>(schema: z.ZodType<T>, given: unknown, at: Path): T | null {
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const path = [...at, ...issue.path.filter((key) => typeof key !== 'symbol')];
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          this.faults.push({
            where: this.#yaml?.whereKey(path, key) ?? key,
            message: `${key} is not a setting of a source.${didYouMean(key, SOURCE_KEYS)}`,
          });
        }
      } else {
        const message = `${path.join('.')} ${describe(issue, getIn(this.#yaml?.value, path))}`;
        this.faults.push({ where: this.#yaml?.where(path) ?? path.join('.'), message });
      }
    }
    return null;
  }

  whereSource(index: number): string {
    return this.#yaml?.where(['sources', index, 'topic']) ?? 'sources';
  }

  /** Names that nothing reads: a misspelt setting must not be passed over. */
  checkNames(): void {
    for (const [name, value] of Object.entries(this.#env)) {
      if (!name.startsWith('RAPPORT_') || !value || VARIABLES.has(name) || isServiceLink(name, value)) continue;
      this.faults.push({ where: name, message: `is not a variable of rapport.${didYouMean(name, VARIABLES) || ' Remove it.'}` });
    }
    if (!this.#yaml) return;
    if (!isMapping(this.#yaml.value)) this.faults.push({ where: this.#yaml.where([]), message: 'must be a mapping of settings.' });
    else this.#checkKeys(this.#yaml, this.#yaml.value, []);
  }

  #checkKeys(yaml: Yaml, mapping: Record<string, unknown>, path: readonly string[]): void {
    for (const [key, value] of Object.entries(mapping)) {
      const here = [...path, key];
      const name = here.join('.');
      if (FILE_KEYS.has(name)) continue;
      const siblings = [...FILE_KEYS]
        .filter((known) => known.startsWith([...path, ''].join('.')))
        .map((known) => known.split('.')[path.length] ?? '');
      if (!siblings.includes(key)) {
        this.faults.push({
          where: yaml.whereKey(path, key),
          message: `${name} is not a setting of rapport.${didYouMean(key, new Set(siblings))}`,
        });
      } else if (isMapping(value)) this.#checkKeys(yaml, value, here);
      else if (value !== null) this.faults.push({ where: yaml.where(here), message: `${name} must be a mapping.` });
    }
  }

  #find(setting: Setting<unknown>): Found | null {
    const fromEnv = this.#env[setting.variable];
    if (fromEnv) return { where: setting.variable, value: fromEnv, folder: '.' };
    const fileVariable = `${setting.variable}_FILE`;
    const fromEnvFile = setting.secret ? this.#env[fileVariable] : undefined;
    if (fromEnvFile) return { where: fileVariable, value: null, folder: '.' };
    if (!this.#yaml) return null;
    const folder = dirname(this.#yaml.name);
    const value = getIn(this.#yaml.value, setting.path);
    if (value !== undefined && value !== null) return { where: this.#yaml.where(setting.path), value, folder };
    const filePath = fileKey(setting);
    const named = setting.secret ? getIn(this.#yaml.value, filePath) : undefined;
    return named === undefined || named === null ? null : { where: this.#yaml.where(filePath), value: null, folder };
  }

  /** As #find, with what the file of a secret holds. */
  async #resolve(setting: Setting<unknown>): Promise<Found | null> {
    const found = this.#find(setting);
    if (!found || !setting.secret) return found;
    const fromEnvFile = this.#env[`${setting.variable}_FILE`];
    if (this.#env[setting.variable] && fromEnvFile) {
      this.faults.push({ where: setting.variable, message: `and ${setting.variable}_FILE are both set: remove one.` });
    }
    if (found.value !== null) return found;
    const path = fromEnvFile ?? getIn(this.#yaml?.value, fileKey(setting));
    const content = await this.#read(found.where, resolve(found.folder, String(path)));
    if (content === null) return null;
    if (content.trim() !== '') return { ...found, value: content.trim() };
    this.faults.push({ where: found.where, message: `names ${String(path)}, which is empty.` });
    return null;
  }

  async #read(where: string, path: string): Promise<string | null> {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      this.faults.push({ where, message: `names a file that cannot be read (${codeOf(error)}): check the path and its permissions.` });
      return null;
    }
  }
}

const fileKey = (setting: Setting<unknown>): readonly string[] => [...setting.path.slice(0, -1), `${setting.path.at(-1)}File`];

/** The system's code of a failure, such as ENOENT. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error');
