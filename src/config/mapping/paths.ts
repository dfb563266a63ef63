/**
 * Paths into a foreign record, as the configuration writes them: names joined by dots, `[0]` for an entry of a list, quotes around a name that
 * holds a dot or a bracket (`"order.no".lines[0].sku`, also `['order.no']`). `$` at the front is the whole record, where a preset looks
 * within it. Boundary: the syntax; what a path leads to is for sources/mapping. Pure.
 */
export interface RecordPath {
  /** it began with `$` */
  readonly whole: boolean;
  /** names, and indices of lists */
  readonly steps: readonly (string | number)[];
}

/** As deep as JSON may be nested. */
const MOST_STEPS = 32;

const QUOTED = /"(?<double>(?:[^"\\]|\\.)+)"|'(?<single>(?:[^'\\]|\\.)+)'/.source;
const NAME = new RegExp(`(?<name>[^.[\\]"'\\s]+)|${QUOTED}`, 'uy');
const BRACKET = new RegExp(`\\[(?:(?<index>\\d{1,6})|${QUOTED})\\]`, 'uy');

/** The path that a text is, or what is wrong with it. */
export function parsePath(text: string): RecordPath | string {
  const whole = /^\$(?=$|[.[])/.test(text);
  const rest = whole ? text.slice(1) : text;
  const steps: (string | number)[] = [];
  let at = 0;
  while (at < rest.length || (!whole && at === 0)) {
    const first = !whole && at === 0;
    const dot = !first && rest[at] === '.';
    if (dot) at += 1;
    const pattern = !dot && rest[at] === '[' ? BRACKET : first || dot ? NAME : null;
    if (pattern === null) return faultOf(text);
    pattern.lastIndex = at;
    const groups = pattern.exec(rest)?.groups;
    if (groups === undefined) return faultOf(text);
    const { name, double, single, index } = groups;
    steps.push(index === undefined ? (name ?? unescaped(double ?? single ?? '')) : Number(index));
    at = pattern.lastIndex;
  }
  return steps.length > MOST_STEPS ? `has more than ${MOST_STEPS} steps` : { whole, steps };
}

const unescaped = (quoted: string): string => quoted.replace(/\\(.)/gu, '$1');

const faultOf = (text: string): string =>
  text === ''
    ? 'must be a path such as order.lines[0].sku, but is empty'
    : 'must be a path such as order.lines[0].sku; a name with a dot, a bracket or a space stands in quotes: "order.no"';
