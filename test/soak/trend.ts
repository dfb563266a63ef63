/**
 * What counts as growth in a long run. Boundary: pure; what is measured, and how, is soak.ts's. The first third of a run is warm-up and is not looked at: heaps, caches and journals
 * fill to where they stay.
 */

export interface Point {
  /** seconds since the run began, growing */
  readonly at: number;
  readonly value: number;
}

/** What a series may do after the warm-up. */
export type Rule =
  /**
   * rise by `least` or by `spreads` times its own spread, whichever is more: what moves much anyway cannot be told from growth sooner. Where `most` is given its last third has no greater
   * median. `floor`: what rises is how low it still gets, as of a heap, whose collector may let minutes pass
   */
  | { readonly by: 'slope'; readonly spreads: number; readonly least: number; readonly most?: number; readonly floor?: true }
  /** the median of its last third is at most twice that of the third before, or `least` */
  | { readonly by: 'thirds'; readonly least: number };

export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly Point[];
  readonly rule: Rule;
}

export interface Trend {
  readonly name: string;
  readonly unit: string;
  /** medians of the second and of the last third; null: too little was measured */
  readonly middle: number | null;
  readonly last: number | null;
  /** what it rose by after the warm-up, and might have */
  readonly rose: number;
  readonly allowed: number;
  /** why it is not right; null: it is */
  readonly grew: string | null;
}

/** in each third that is looked at */
const FEWEST = 5;
/** so many points at most are compared pair by pair; of more, medians of neighbours */
const MOST = 300;
/** instants at which a step may be, between the first and the last point */
const STEPS = 12;

/** @param seconds how long the run took, warm-up included */
export function judge({ name, unit, points, rule }: Series, seconds: number): Trend {
  const third = seconds / 3;
  const after = points.filter(({ at }) => at >= third && at <= seconds);
  const middleThird = after.filter(({ at }) => at < 2 * third);
  const lastThird = after.filter(({ at }) => at >= 2 * third);
  if (Math.min(middleThird.length, lastThird.length) < FEWEST) {
    const grew = `measured ${middleThird.length} and ${lastThird.length} times in the last two thirds: too little to tell`;
    return { name, unit, middle: null, last: null, rose: 0, allowed: 0, grew };
  }
  const middle = median(middleThird.map(({ value }) => value));
  const last = median(lastThird.map(({ value }) => value));
  const show = (value: number): string => `${rounded(value)}${unit === '' ? '' : ` ${unit}`}`;
  if (rule.by === 'thirds') {
    const allowed = Math.max(2 * middle, rule.least) - middle;
    const rose = last - middle;
    const grew = rose > allowed ? `${show(last)} at the end, ${show(middle)} before; up to ${show(middle + allowed)} is right` : null;
    return { name, unit, middle, last, rose, allowed, grew };
  }
  const allowed = Math.max(rule.spreads * spreadOf(after), rule.least);
  const rose = rise(rule.floor ? floorOf(after) : after);
  const grew =
    rose > allowed
      ? `rose by ${show(rose)} in ${Math.round(seconds - third)} s; up to ${show(allowed)} is right`
      : rule.most !== undefined && last > rule.most
        ? `${show(last)} at the end; up to ${show(rule.most)} is right`
        : null;
  return { name, unit, middle, last, rose, allowed, grew };
}

/**
 * By how much a series rises from its first to its last point: the median of the slopes of all pairs of points (Theil–Sen: Sen, J. Am. Stat. Assoc. 63, 1968), times the time. Outliers and
 * teeth leave it as it is. A single step does not, so one is forgiven: of each place where it may be, only pairs on the same side of it count, and the least rise is
 * taken. A steady rise has the same slope on both sides of any place.
 */
export function rise(all: readonly Point[]): number {
  const points = thinned(all);
  const slopes = points.flatMap(({ at, value }, i) =>
    points.slice(i + 1).map((later, j) => ({ i, j: i + 1 + j, slope: (later.value - value) / (later.at - at) })),
  );
  slopes.sort((a, b) => a.slope - b.slope);
  const places = Array.from({ length: STEPS - 1 }, (_, k) => Math.round(((k + 1) * points.length) / STEPS));
  const rises = [0, ...places].map((place) => middleOf(slopes.filter(({ i, j }) => i >= place || j < place).map(({ slope }) => slope)));
  return Math.min(...rises) * ((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0));
}

/** How far points usually are from their median. Of a steady rise that is a quarter of the rise, so none hides behind it. */
function spreadOf(points: readonly Point[]): number {
  const middle = median(points.map(({ value }) => value));
  return median(points.map(({ value }) => Math.abs(value - middle)));
}

/** At each instant the least from there on. */
function floorOf(points: readonly Point[]): Point[] {
  let least = Number.POSITIVE_INFINITY;
  return points
    .toReversed()
    .map(({ at, value }) => {
      least = Math.min(least, value);
      return { at, value: least };
    })
    .reverse();
}

function thinned(points: readonly Point[]): readonly Point[] {
  const of = Math.ceil(points.length / MOST);
  if (of <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / of) }, (_, i) => {
    const some = points.slice(i * of, (i + 1) * of);
    return { at: median(some.map(({ at }) => at)), value: median(some.map(({ value }) => value)) };
  });
}

const median = (values: readonly number[]): number => middleOf(values.toSorted((a, b) => a - b));

/** 0 of none. @param sorted growing */
function middleOf(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

const rounded = (value: number): number => Number(value.toFixed(Math.abs(value) < 100 ? 2 : 0));

/** One line of a report. */
export function lineOf({ name, unit, middle, last, rose, allowed, grew }: Trend): string {
  if (grew !== null) return `GREW  ${name}: ${grew}`;
  const medians = [middle, last].map((value) => rounded(value ?? 0)).join(', then ');
  return `right ${name}: ${medians}${unit === '' ? '' : ` ${unit}`}; rose by ${rounded(rose)} of ${rounded(allowed)} allowed`;
}
