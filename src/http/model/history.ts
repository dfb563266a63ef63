/** Questions about what has happened to the read model: changes, alerts, the story of one customer, dead letters. */
import type { Alert, AlertsQuery, Change, ChangesQuery, DeadLettersAnswer, Page } from '../api.ts';
import { type Database, number, type Row, text } from './database.ts';
import { cursorKey, type Key, walk } from './paging.ts';

const all = (): boolean => true;
const json = <T>(row: Row): T => JSON.parse(text(row.json));

/** The latest first: by event time, of one customer by number. */
export function findChanges(db: Database, { customer, from, to, cursor, limit }: ChangesQuery): Page<Change> {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  const where = (condition: string, ...is: Key): void => {
    wheres.push(condition);
    values.push(...is);
  };
  const of = customer === undefined ? 'changes' : 'changes of one';
  if (customer !== undefined) where('customer = ?', customer);
  if (from !== undefined) where('at >= ?', from);
  if (to !== undefined) where('at < ?', to);
  if (cursor !== undefined && customer === undefined) where('(at, row) < (?, ?)', ...cursorKey(of, cursor, [0, 0]));
  if (cursor !== undefined && customer !== undefined) where('number < ?', ...cursorKey(of, cursor, [0]));
  const order = customer === undefined ? 'at DESC, row DESC' : 'number DESC';
  const condition = wheres.length === 0 ? '' : `WHERE ${wheres.join(' AND ')}`;
  const rows = db.each(`SELECT row, at, number, json FROM changes ${condition} ORDER BY ${order}`, ...values);
  const keyOf = (row: Row): Key => (customer === undefined ? [number(row.at), number(row.row)] : [number(row.number)]);
  return walk({ of, rows, keyOf, matches: all, item: json<Change>, limit });
}

/** Those learnt after a row, in the order in which they were learnt, as JSON. */
export function changesAfter(db: Database, row: number, limit: number): { readonly row: number; readonly json: string }[] {
  return db
    .all('SELECT row, json FROM changes WHERE row > ? ORDER BY row LIMIT ?', row, limit)
    .map((found) => ({ row: number(found.row), json: text(found.json) }));
}

/** The latest opened first. */
export function findAlerts(db: Database, { open, acknowledged, kind, customer, cursor, limit }: AlertsQuery): Page<Alert> {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  if (customer !== undefined) {
    wheres.push('customer = ?');
    values.push(customer);
  } else if (open !== undefined) {
    wheres.push('open = ?');
    values.push(Number(open));
  }
  if (cursor !== undefined) {
    wheres.push('(opened, id) < (?, ?)');
    values.push(...cursorKey('alerts', cursor, [0, '']));
  }
  const condition = wheres.length === 0 ? '' : `WHERE ${wheres.join(' AND ')}`;
  const rows = db.each(
    `SELECT row, id, kind, open, acknowledged, opened FROM alerts ${condition} ORDER BY opened DESC, id DESC`,
    ...values,
  );
  const matches = (row: Row): boolean =>
    (open === undefined || number(row.open) === Number(open)) &&
    (acknowledged === undefined || number(row.acknowledged) === Number(acknowledged)) &&
    (kind === undefined || kind.some((name) => name === row.kind));
  const keyOf = (row: Row): Key => [number(row.opened), text(row.id)];
  const item = (row: Row): Alert => JSON.parse(text(db.get('SELECT json FROM alerts WHERE row = ?', number(row.row))?.json));
  return walk({ of: 'alerts', rows, keyOf, matches, item, limit });
}

export function alertById(db: Database, id: string): Alert | null {
  const row = db.get('SELECT json FROM alerts WHERE id = ?', id);
  return row === undefined ? null : json<Alert>(row);
}

export function deadLetters(db: Database): DeadLettersAnswer['items'] {
  return db
    .all('SELECT reason, topic, count, last FROM dead_letters ORDER BY count DESC, reason, topic LIMIT 1000')
    .map((row) => ({ reason: text(row.reason), topic: text(row.topic), count: number(row.count), lastAt: number(row.last) }));
}
