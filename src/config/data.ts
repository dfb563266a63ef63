/**
 * Plain data (what JSON and YAML can say) by paths: read, merge, change without touching the original. Boundary: knows nothing of settings.
 */
export type Path = readonly (string | number)[];

/** The value at a path of plain data; undefined where there is none. */
export function getIn(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** Plain data that is a mapping, not a list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The base with what is over it; lists and scalars replace. Keys the base has not are kept, for the schema to find. */
export function merge(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over === undefined ? base : over;
  const entries = Object.keys({ ...base, ...over }).map((key) => [key, merge(own(base, key), own(over, key))]);
  return Object.fromEntries(entries);
}

const own = (value: Record<string, unknown>, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);

/** With another leaf at a path; mappings on the way are made. */
export function set(value: unknown, path: Path, leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const around = isMapping(value) ? value : {};
  return { ...around, [key]: set(own(around, String(key)), rest, leaf) };
}

/** Without what stands at these paths. */
export function without(value: unknown, paths: readonly Path[]): unknown {
  if (paths.some((path) => path.length === 0)) return undefined;
  if (!isMapping(value) || paths.length === 0) return value;
  const kept = Object.entries(value).map(([key, inner]) => {
    const below = paths.filter((path) => String(path[0]) === key).map((path) => path.slice(1));
    return [key, without(inner, below)] as const;
  });
  return Object.fromEntries(kept.filter(([, inner]) => inner !== undefined));
}

export const startsWith = (path: Path, prefix: Path): boolean => prefix.every((key, i) => path[i] === key);

/** Keys in order, at every depth. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}
