/**
 * A policy file to a policy: a preset plus what the file changes, checked as a whole, with every fault at its line. Boundary: texts in,
 * values out; reading files is load.ts's. The canonical text is what a journal keeps and what the hash is of, so that two files that mean the same are the same policy.
 */
import { createHash } from 'node:crypto';
import { Document, Scalar } from 'yaml';
import type { z } from 'zod';
import { type Policy, PRESETS, type PresetName } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import { digitsOf, toMajor, toMinor } from './currency.ts';
import { getIn, isMapping, merge, type Path, set, sortKeys, startsWith, without } from './data.ts';
import { ConfigError, didYouMean, type Fault } from './fault.ts';
import { describe } from './issues.ts';
import { ADVICE, CHECKS } from './policy-checks.ts';
import { MONEY_PATHS, policySchema } from './policy-schema.ts';
import { parseYaml, type Yaml } from './yaml.ts';

export interface ParsedPolicy {
  readonly policy: Policy;
  /** canonical text: JSON, keys sorted, money in minor units */
  readonly text: string;
  /** sha256 of the text, first 16 hex digits */
  readonly hash: string;
  /** what is allowed and probably not meant, each with its line */
  readonly warnings: readonly string[];
}

export const isPreset = (name: unknown): name is PresetName => PRESETS.some((preset) => preset === name);

export const presetPolicy = (name: PresetName): ParsedPolicy => ({ ...identify(presets[name]), warnings: [] });

/** The canonical text and the hash of a policy. */
export function identify(policy: Policy): { readonly policy: Policy; readonly text: string; readonly hash: string } {
  const text = JSON.stringify(sortKeys(policy));
  return { policy, text, hash: createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

/** Back from a canonical text. Throws ConfigError when it is none. */
export function policyFromCanonical(text: string): Policy {
  const parsed = policySchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => ({ where: 'policy', message: `${issue.path.join('.')} ${issue.message}` })));
}

/** A policy as a complete file that parses to it again: money in major units. */
export function formatPolicy(policy: Policy): string {
  const digits = digitsOf(policy.currency) ?? 2;
  const document = new Document(policy);
  for (const path of MONEY_PATHS) {
    const amount = new Scalar(Number(toMajor(Number(getIn(policy, path)), digits)));
    amount.minFractionDigits = digits;
    document.setIn(path, amount);
  }
  return document.toString({ lineWidth: 0 });
}

/** Parses a policy file. `name` is how faults call it. Throws ConfigError with every fault. */
export function parsePolicy(text: string, name: string): ParsedPolicy {
  const { yaml, faults: syntax } = parseYaml(text, name);
  if (!yaml) throw new ConfigError(syntax);
  const raw = yaml.value;
  if (!isMapping(raw)) throw new ConfigError([{ where: yaml.where([]), message: 'must be a mapping that begins with `preset: retail`.' }]);

  // 1. the preset, so that everything else has something to be compared with
  const base = presets[isPreset(raw.preset) ? raw.preset : 'retail'];
  // 2. money, exactly, from the text as it is written
  const money = readMoney(yaml, raw, base);
  // 3. types, ranges and unknown keys, of the whole at once
  const merged = merge(base, money.raw);
  const parsed = policySchema.safeParse(merged);
  const issues = parsed.success ? [] : parsed.error.issues;
  const faults: Fault[] = [...money.faults, ...issues.flatMap((issue) => issueFaults(issue, yaml, base))];
  // 4. what must hold between values that are themselves right
  const wrong = [...money.wrong, ...issues.flatMap(faultyPaths)];
  const sound = policySchema.parse(merge(base, without(money.raw, wrong)));
  const presetKnown = !wrong.some((path) => path[0] === 'preset');
  for (const check of CHECKS) {
    const usable = (path: Path): boolean => !wrong.some((bad) => startsWith(path, bad)) && (presetKnown || getIn(raw, path) !== undefined);
    if (!check.reads.every(usable)) continue;
    if ('entries' in check) {
      for (const path of check.entries(sound)) faults.push({ where: yaml.where(path), message: `${path.join('.')} ${check.message}` });
    } else if (!check.holds(sound)) {
      const written = check.reads.find((path) => getIn(raw, path) !== undefined) ?? check.reads[0] ?? [];
      faults.push({ where: yaml.where(written), message: check.message });
    }
  }
  if (!wrong.some((path) => path[0] === 'currency')) faults.push(...rateFaults(sound, yaml));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const warnings = ADVICE.filter((advice) => advice.applies(parsed.data)).map(
    (advice) => `${yaml.where(advice.at)}: ${advice.at.join('.')} ${advice.message}`,
  );
  return { ...identify(parsed.data), warnings: [...money.warnings, ...warnings] };
}

/** Replaces written amounts by minor units of the policy's currency. */
function readMoney(yaml: Yaml, raw: Record<string, unknown>, base: Policy) {
  const currency = typeof raw.currency === 'string' ? raw.currency : base.currency;
  const digits = digitsOf(currency) ?? digitsOf(base.currency) ?? 2;
  const baseDigits = digitsOf(base.currency) ?? 2;
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const wrong: Path[] = [];
  let changed: unknown = raw;
  for (const path of MONEY_PATHS) {
    const written = getIn(raw, path);
    if (written === undefined && !writable(raw, path)) continue;
    if (written === undefined) {
      if (currency === base.currency || digitsOf(currency) === undefined) continue;
      const major = toMajor(Number(getIn(base, path)), baseDigits);
      const minor = toMinor(major, digits);
      warnings.push(`${yaml.where(['currency'])}: ${path.join('.')} is not given and is taken as ${major} ${currency}.`);
      if (typeof minor === 'number') changed = set(changed, path, minor);
      continue;
    }
    const minor =
      typeof written === 'number' || typeof written === 'string' ? toMinor(yaml.source(path) ?? '', digits) : toMinor('', digits);
    if (typeof minor === 'number') changed = set(changed, path, minor);
    else {
      faults.push({ where: yaml.where(path), message: `${path.join('.')} ${minor}.` });
      wrong.push(path);
    }
  }
  return { raw: without(changed, wrong), faults, warnings, wrong };
}

/** Whether the mapping around a path is there or may be put there. */
const writable = (raw: unknown, path: Path): boolean =>
  path.slice(0, -1).every((_, i) => {
    const around = getIn(raw, path.slice(0, i + 1));
    return around === undefined || isMapping(around);
  });

function issueFaults(issue: z.core.$ZodIssue, yaml: Yaml, base: Policy): Fault[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = path.length === 2 && isListed(path[0]) ? LISTED[path[0]] : Object.keys(getIn(base, path) ?? {});
    return issue.keys.map((key) => ({
      where: yaml.whereKey(path, key),
      message: `${[...path, key].join('.')} is not a setting of a policy.${didYouMean(key, known)}`,
    }));
  }
  const value = getIn(yaml.value, path);
  const hint = path[0] === 'preset' && typeof value === 'string' ? didYouMean(value, PRESETS) : '';
  return [{ where: yaml.where(path), message: `${path.join('.')} ${describe(issue, value)}${hint}` }];
}

/** What the entries of lists have. */
const LISTED = {
  rates: ['currency', 'from', 'rate'],
  goals: ['name', 'metric', 'dimension', 'from', 'by', 'baseline', 'change', 'kind', 'tolerance'],
};
const isListed = (name: string | number | undefined): name is keyof typeof LISTED =>
  typeof name === 'string' && Object.hasOwn(LISTED, name);

function faultyPaths(issue: z.core.$ZodIssue): Path[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  // a list is taken or left as a whole
  const list = path.findIndex((key) => typeof key === 'number');
  if (list >= 0) return [path.slice(0, list)];
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

/** Rates are of other currencies, each at most once a day. */
function rateFaults(policy: Policy, yaml: Yaml): Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  policy.rates.forEach((rate, i) => {
    const key = `${rate.currency} ${rate.from}`;
    if (rate.currency === policy.currency) {
      faults.push({
        where: yaml.where(['rates', i, 'currency']),
        message: `rates.${i} is for the base currency ${policy.currency}: remove it.`,
      });
    } else if (seen.has(key)) {
      faults.push({ where: yaml.where(['rates', i]), message: `rates.${i} gives a second rate for ${rate.currency} from ${rate.from}.` });
    }
    seen.add(key);
  });
  return faults;
}
