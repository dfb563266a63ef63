/**
 * The mapping of a source: read, merged with its preset, and held against the schemas, so that what cannot work is said at start, all at once and with
 * its place. Boundary: whether one rule can fill its field is rules.ts's. Pure.
 */
import type { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../config.ts';
import { getIn, isMapping, type Path } from '../data.ts';
import { didYouMean, quote } from '../fault.ts';
import { describe } from '../issues.ts';
import type { Condition, FieldRule, MappedEvent, SourceMap } from './mapping.ts';
import { MAP_PRESETS, type Preset } from './presets.ts';
import { faultsOfRule, shapeOf, spelledOut } from './rules.ts';
import { conditionShape, eventShape, mapShape } from './shapes.ts';
import { ATTRIBUTE, TARGETS, targetOf } from './targets.ts';

/** Where in the file: a value, or with `key` that key of the mapping at `path`. */
export interface MapFault {
  readonly path: Path;
  readonly key: string | null;
  readonly message: string;
}

type Fields = Readonly<Record<string, FieldRule>>;

/** Stands for a rule at fault, so that its field is not said to be missing too. */
const NOTHING: FieldRule = { from: 'value', value: '' };
const NO_PRESET: Preset = { debezium: false, fields: {} };

/**
 * The mapping, or all that is wrong with it.
 * @param type the source's own; undefined where it has none
 * @param at the map's path in the file
 */
export function parseMap(raw: unknown, type: EventType | undefined, at: Path): SourceMap | readonly MapFault[] {
  const reading = new Reading();
  const map = mapOf(reading, raw, type, at);
  return map === null || reading.faults.length > 0 ? reading.faults : map;
}

function mapOf(reading: Reading, raw: unknown, type: EventType | undefined, at: Path): SourceMap | null {
  const given = reading.shaped(mapShape, raw, at, 'a mapping');
  if (given === null) return null;
  const preset = given.preset === undefined ? NO_PRESET : MAP_PRESETS[given.preset];
  if (given.deletes !== undefined && !preset.debezium) reading.keyFault(at, 'deletes', 'goes with preset: debezium alone.');
  if (given.events !== undefined && type !== undefined)
    reading.keyFault(at, 'events', 'have a type each: take out the type of the source.');
  const presets = (preset.events ?? []).filter((event) => type === undefined || event.type === type);
  const single = given.events === undefined && presets.length === 0;
  if (single && type === undefined) {
    reading.fault(at.slice(0, -1), `has no type, and its map no events: give it a type (${EVENT_TYPES.join(', ')}), or list events.`);
    return null;
  }
  // What a preset says is read by the same code; a fault in it is a defect, which its test finds.
  const own = (given.events ?? []).map((event, i) => eventOf(reading, event, [...at, 'events', i]));
  const types = new Set([...(type === undefined ? [] : [type]), ...own.map((event) => event.type), ...presets.map((event) => event.type)]);
  const known = EVENT_TYPES.filter((each) => types.has(each));
  const common = reading.fields(given.fields, [...at, 'fields'], known);
  const inherited = reading.fields(preset.fields, [...at, 'preset'], known);
  const events: MappedEvent[] = [];
  for (const [i, { type: eventType, always, when, fields, path }] of own.entries()) {
    if (always && i < own.length + presets.length - 1)
      reading.fault(path, 'has no when, so that none behind it would ever be made: give it one, or put it last.');
    if (eventType === null) continue;
    events.push({ type: eventType, when, fields: reading.complete(eventType, [inherited, common, fields], [...path, 'fields']) });
  }
  for (const event of presets) {
    const eventType = EVENT_TYPES.find((each) => each === event.type);
    if (eventType === undefined) continue;
    const fields = reading.fields(event.fields, [...at, 'preset'], [eventType]);
    const when = reading.conditions(event.when, [...at, 'preset']);
    events.push({ type: eventType, when, fields: reading.complete(eventType, [inherited, fields, common], [...at, 'preset']) });
  }
  if (single && type !== undefined) events.push({ type, when: [], fields: reading.complete(type, [inherited, common], [...at, 'fields']) });
  return {
    debezium: preset.debezium ? { deletes: given.deletes ?? 'pass' } : null,
    when: [...reading.conditions(preset.when, [...at, 'preset']), ...reading.conditions(given.when, [...at, 'when'])],
    events,
  };
}

function eventOf(reading: Reading, raw: unknown, path: Path) {
  const given = reading.shaped(eventShape, raw, path, 'an event of a mapping');
  const type = EVENT_TYPES.find((each) => each === given?.type) ?? null;
  if (given !== null && type === null) {
    const is = given.type === undefined ? ', but is missing' : `, but is ${quote(given.type)}`;
    reading.fault([...path, 'type'], `must be one of ${EVENT_TYPES.join(', ')}${is}.`);
  }
  const when = reading.conditions(given?.when, [...path, 'when']);
  const fields = type === null ? {} : reading.fields(given?.fields, [...path, 'fields'], [type]);
  return { type, always: given !== null && given.when === undefined, when, fields, path };
}

class Reading {
  readonly faults: MapFault[] = [];

  fault(path: Path, message: string): void {
    this.faults.push({ path, key: null, message: `${path.join('.')} ${message}` });
  }

  keyFault(path: Path, key: string, message: string): void {
    this.faults.push({ path, key, message: `${[...path, key].join('.')} ${message}` });
  }

  /** What is written, by a shape; null when it is not so. Keys that it has not are said, and left out. */
  shaped<T>(schema: z.ZodType<T> & { readonly shape: object }, raw: unknown, path: Path, what: string): T | null {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return parsed.data;
    const unknown = new Set<string>();
    for (const issue of parsed.error.issues) {
      const given = issue.path.filter((key) => typeof key !== 'symbol');
      // One path may stand where several may.
      const within = getIn(raw, given) === undefined && given.at(-1) === 0 ? given.slice(0, -1) : given;
      if (issue.code === 'unrecognized_keys') {
        const names = Object.keys(schema.shape);
        const cure = (key: string): string => didYouMean(key, names) || ` There are: ${names.join(', ')}.`;
        for (const key of issue.keys) {
          this.keyFault([...path, ...within], key, `is not a setting of ${what}.${cure(key)}`);
          unknown.add(key);
        }
        continue;
      }
      this.fault([...path, ...within], describe(issue, getIn(raw, within)));
    }
    if (unknown.size === 0 || !isMapping(raw)) return null;
    const rest = schema.safeParse(Object.fromEntries(Object.entries(raw).filter(([key]) => !unknown.has(key))));
    return rest.success ? rest.data : null;
  }

  conditions(raw: unknown, path: Path): Condition[] {
    if (raw === undefined) return [];
    if (Array.isArray(raw)) return raw.flatMap((each: unknown, i) => this.#condition(each, [...path, i]));
    return this.#condition(raw, path);
  }

  #condition(raw: unknown, path: Path): Condition[] {
    const given = this.shaped(conditionShape, raw, path, 'a condition');
    if (given === null) return [];
    const { path: where, in: within, notIn, present } = given;
    if (within !== undefined) return [{ path: where, in: within }];
    return [notIn === undefined ? { path: where, present: present === true } : { path: where, notIn }];
  }

  /** Rules by field, of fields that at least one of these types has. */
  fields(raw: unknown, path: Path, types: readonly EventType[]): Fields {
    if (raw === undefined) return {};
    if (!isMapping(raw)) {
      this.fault(path, `must be a mapping of fields, but is ${quote(raw)}.`);
      return {};
    }
    const rules: [string, FieldRule][] = [];
    for (const [name, written] of Object.entries(raw)) {
      const targets = types.flatMap((type) => targetOf(type, name) ?? []);
      if (targets.length === 0) {
        const names = [...new Set(types.flatMap((type) => [...TARGETS[type].keys()]))];
        const cure = didYouMean(name, names);
        this.keyFault(path, name, `is no field of ${types.join(', ')}.${cure} There are: ${names.join(', ')}.`);
        continue;
      }
      const rule = this.#rule(written, [...path, name]);
      rules.push([name, rule ?? NOTHING]);
      if (rule === null) continue;
      const wrong = targets.map((target) => faultsOfRule(rule, target)).find((faults) => faults.length > 0);
      for (const [within, why] of wrong ?? []) this.fault([...path, name, ...within], `${why}.`);
    }
    return Object.fromEntries(rules);
  }

  #rule(written: unknown, path: Path): FieldRule | null {
    if (typeof written === 'number' || typeof written === 'boolean' || written === null) {
      this.fault(path, `must be a path, or a constant as { value: ${String(written)} }.`);
      return null;
    }
    const spelled = spelledOut(written);
    const { schema, make } = shapeOf(spelled);
    const parsed = this.shaped(schema, spelled, path, 'a field of a mapping');
    return parsed === null ? null : make(spelled);
  }

  /** The later of the layers goes before the earlier; only what the type has. Without what it needs, that is said. */
  complete(type: EventType, layers: readonly Fields[], path: Path): Fields {
    const merged: Fields = Object.assign({}, ...layers);
    const fields = Object.entries(merged).filter(([name]) => targetOf(type, name) !== null);
    const has = (name: string): boolean =>
      fields.some(([given]) => given === name || (name === 'attributes' && given.startsWith(ATTRIBUTE)));
    const missing = [...TARGETS[type].values()].filter(({ name, required }) => required && !has(name)).map(({ name }) => name);
    if (missing.length > 0) this.fault(path, `must name ${missing.join(', ')}, which every ${type} event needs.`);
    return Object.fromEntries(fields);
  }
}
