/**
 * Questions about KPIs to the read model: series, sizes of the groups over time, moves, goals. The topic of KPIs is compacted, so it reaches back to the first day, whatever
 * the retention of the others; that is why sizes and moves over time come from it.
 */
import { GROUPS, type Group } from '../../domain/decision.ts';
import { changeOf, dayOfDate, lineOf } from '../../domain/goals.ts';
import { DAY } from '../../domain/ids.ts';
import { METRICS } from '../../domain/kpi-values.ts';
import { MOVES_FROM } from '../../domain/kpis.ts';
import type { Goal } from '../../domain/policy.ts';
import { type GoalsAnswer, type GroupsAnswer, type Kpi, type KpisQuery, MOST_DAYS, type MovesAnswer, type Page } from '../api.ts';
import { badParameter } from '../problems.ts';
import { type Database, number, type Row, text } from './database.ts';
import { cursorKey, type Key, walk } from './paging.ts';

interface Days {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** days before the newest that are told unless asked otherwise */
const USUAL_DAYS = 90;

const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

/** The days that are asked for; null when none of them is known. Throws Refused when they are too many. */
function daysOf(db: Database, { from, to }: Days): { readonly from: string; readonly to: string } | null {
  const newest = db.get("SELECT max(day) AS day FROM kpis WHERE attribute = ''")?.day;
  if (typeof newest !== 'string') return null;
  const last = to ?? newest;
  const first = from ?? dateOf(dayOfDate(last) - USUAL_DAYS + 1);
  if (first > last && to !== undefined) throw badParameter('from', 'must not be after `to`');
  // While a history is read the newest day is long past, and whoever asks for the last weeks has made no mistake.
  if (first > last) return null;
  if (dayOfDate(last) - dayOfDate(first) >= MOST_DAYS) throw badParameter('from', `must be less than ${MOST_DAYS} days before \`to\``);
  return { from: first, to: last };
}

/** By day, then group, then value of the attribute. */
export function findKpis(db: Database, query: KpisQuery): Page<Kpi> {
  const days = daysOf(db, query);
  if (days === null) return { items: [], next: null };
  const { group, attribute, cursor, limit } = query;
  const after = cursor === undefined ? '' : ' AND (day, grp, value) > (?, ?, ?)';
  const key = cursor === undefined ? [] : cursorKey('kpis', cursor, ['', '', '']);
  // An attribute that is asked for needs a name; '' stands for none.
  const rows = db.each(
    `SELECT row, day, grp, value FROM kpis WHERE attribute = ? AND day >= ? AND day <= ?${after} ORDER BY day, grp, value`,
    attribute ?? '',
    days.from,
    days.to,
    ...key,
  );
  const matches = (row: Row): boolean => (group === 'all' ? row.grp === '' : group === 'each' ? row.grp !== '' : row.grp === group);
  const keyOf = (row: Row): Key => [text(row.day), text(row.grp), text(row.value)];
  const item = (row: Row): Kpi => JSON.parse(text(db.get('SELECT json FROM kpis WHERE row = ?', number(row.row))?.json));
  return walk({ of: 'kpis', rows, keyOf, matches, item, limit });
}

export function sizesByDay(db: Database, query: Days): GroupsAnswer['days'] {
  const days = daysOf(db, query);
  if (days === null) return [];
  const found = new Map<string, { day: string; finished: boolean; sizes: Record<Group, number | null> }>();
  const rows = db.each(
    `SELECT day, grp, json ->> '$.finished' AS finished, json ->> '$.metrics.customers' AS customers
     FROM kpis WHERE attribute = '' AND day >= ? AND day <= ? AND grp <> '' ORDER BY day`,
    days.from,
    days.to,
  );
  for (const row of rows) {
    const day = text(row.day);
    const one = found.get(day) ?? {
      day,
      finished: true,
      sizes: Object.fromEntries(GROUPS.map((group) => [group, null])) as Record<Group, null>,
    };
    found.set(day, one);
    const group = GROUPS.find((name) => name === row.grp);
    if (group !== undefined && row.customers !== null) one.sizes[group] = number(row.customers);
    if (number(row.finished) === 0) one.finished = false;
  }
  return [...found.values()];
}

const SUMS = MOVES_FROM.map((name) => `sum(json ->> '$.metrics.${name}') AS ${name}`).join(', ');

/** All days that are known unless told otherwise. */
export function movesOver(db: Database, { from = '', to = '9999-12-31' }: Days): MovesAnswer {
  const ofDays = [from, to] as const;
  const ends = db.get("SELECT min(day) AS first, max(day) AS last FROM kpis WHERE attribute = '' AND day >= ? AND day <= ?", ...ofDays);
  if (typeof ends?.first !== 'string' || typeof ends.last !== 'string') return { from: null, to: null, moves: [] };
  const rows = db.all(`SELECT grp, ${SUMS} FROM kpis WHERE attribute = '' AND day >= ? AND day <= ? AND grp <> '' GROUP BY grp`, ...ofDays);
  const moves = GROUPS.flatMap((to) => {
    const row = rows.find(({ grp }) => grp === to);
    return MOVES_FROM.map((name, i) => ({ from: i === 0 ? null : (GROUPS[i - 1] ?? null), to, count: number(row?.[name]) }));
  });
  return { from: ends.first, to: ends.last, moves: moves.filter(({ count }) => count > 0) };
}

/** Each goal's line beside what was reached, as far as there are KPIs of it. */
export function goalsOf(db: Database, goals: readonly Goal[]): GoalsAnswer['goals'] {
  return goals.map((goal) => {
    const { name, metric, dimension, from, by, tolerance } = goal;
    const known = METRICS.find((one) => one === metric);
    const rows = db.all(
      `SELECT day, json ->> '$.metrics.${known ?? 'customers'}' AS reached FROM kpis WHERE dimension = ? AND day >= ? AND day <= ? ORDER BY day LIMIT ${MOST_DAYS}`,
      dimension,
      from,
      by,
    );
    const values = rows.map((row) => ({
      day: text(row.day),
      value: known === undefined || row.reached === null ? null : number(row.reached),
    }));
    const baseline = goal.baseline ?? values.find(({ value }) => value !== null)?.value ?? null;
    return {
      name,
      metric,
      dimension,
      from,
      by,
      tolerance,
      baseline,
      target: baseline === null ? null : baseline + changeOf(goal, baseline),
      points: values.map(({ day, value }) => ({ day, value, line: baseline === null ? null : lineOf(goal, baseline, dayOfDate(day)) })),
    };
  });
}
