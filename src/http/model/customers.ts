/** Questions about customers to the read model: search, sizes of the groups now. */
import { LEVELS } from '../../domain/decision.ts';
import type { Customer, CustomersQuery, GroupsAnswer, Page } from '../api.ts';
import { type Database, number, type Row, text } from './database.ts';
import { cursorKey, type Key, walk } from './paging.ts';

/** No id of at most 128 bytes that begins with the prefix comes behind it. */
const behind = (prefix: string): string => prefix + '\u{10FFFF}'.repeat(32);

const COLUMNS = 'row, id, grp, level, lost, value, predicted';

/** How each sort goes along an index; `scope` is a column that is the same in all that is looked at. */
interface Order {
  readonly name: string;
  readonly scope: { readonly column: 'grp' | 'level'; readonly is: string } | null;
  readonly column: 'value' | 'predicted' | null;
}

function orderOf({ sort, group, level }: CustomersQuery): Order {
  if (sort === 'id') return { name: 'id', scope: null, column: null };
  const column = sort === 'value' ? 'value' : 'predicted';
  const [grp, only] = [group?.length === 1 ? group[0] : undefined, level?.length === 1 ? level[0] : undefined];
  if (column === 'value' && grp !== undefined) return { name: `value ${grp}`, scope: { column: 'grp', is: grp }, column };
  if (column === 'predicted' && only !== undefined) return { name: `predicted ${only}`, scope: { column: 'level', is: only }, column };
  return { name: column, scope: null, column };
}

export function findCustomers(db: Database, query: CustomersQuery): Page<Customer> {
  const order = orderOf(query);
  const rows = order.column === null ? byId(db, query) : byAmount(db, query, order, order.column);
  const keyOf = (row: Row): Key => (order.column === null ? [text(row.id)] : [number(row[order.column]), text(row.id)]);
  const { group, level, lost, minValue, prefix, limit } = query;
  const matches = (row: Row): boolean =>
    (group === undefined || group.some((name) => name === row.grp)) &&
    (level === undefined || level.some((name) => name === row.level)) &&
    (lost === undefined || number(row.lost) === Number(lost)) &&
    (minValue === undefined || number(row.value) >= minValue) &&
    (prefix === undefined || text(row.id).startsWith(prefix));
  return walk({ of: order.name, rows, keyOf, matches, item: (row) => byRow(db, number(row.row)), limit });
}

function byId(db: Database, { cursor, prefix }: CustomersQuery): Iterable<Row> {
  const end = prefix === undefined ? '' : ' AND id <= ?';
  const ends = prefix === undefined ? [] : [behind(prefix)];
  if (cursor === undefined) return db.each(`SELECT ${COLUMNS} FROM customers WHERE id >= ?${end} ORDER BY id`, prefix ?? '', ...ends);
  const [id = ''] = cursorKey('id', cursor, ['']);
  return db.each(`SELECT ${COLUMNS} FROM customers WHERE id > ?${end} ORDER BY id`, id, ...ends);
}

function byAmount(db: Database, { cursor, minValue }: CustomersQuery, { name, scope, column: by }: Order, column: string): Iterable<Row> {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  if (scope !== null) {
    wheres.push(`${scope.column} = ?`);
    values.push(scope.is);
  }
  if (cursor !== undefined) {
    wheres.push(`(${column}, id) < (?, ?)`);
    values.push(...cursorKey(name, cursor, [0, '']));
  }
  if (by === 'value' && minValue !== undefined) {
    wheres.push('value >= ?');
    values.push(minValue);
  }
  const where = wheres.length === 0 ? '' : `WHERE ${wheres.join(' AND ')}`;
  return db.each(`SELECT ${COLUMNS} FROM customers ${where} ORDER BY ${column} DESC, id DESC`, ...values);
}

const byRow = (db: Database, row: number): Customer => JSON.parse(text(db.get('SELECT json FROM customers WHERE row = ?', row)?.json));

/** The latest profile; null when none is known. */
export function customerById(db: Database, id: string): Customer | null {
  const row = db.get('SELECT json FROM customers WHERE id = ?', id);
  return row === undefined ? null : JSON.parse(text(row.json));
}

/** In the order of the groups' names; those without a customer are left out. */
export function sizesNow(db: Database): GroupsAnswer['now'] {
  const found = new Map<
    string,
    { group: string; customers: number; value: number; predictedValue: number; lost: number; levels: Record<string, number> }
  >();
  for (const row of db.all('SELECT grp, level, lost, customers, value, predicted FROM sizes WHERE customers > 0 ORDER BY grp')) {
    const group = text(row.grp);
    const one = found.get(group) ?? {
      group,
      customers: 0,
      value: 0,
      predictedValue: 0,
      lost: 0,
      levels: Object.fromEntries(['none', ...LEVELS].map((level) => [level, 0])),
    };
    found.set(group, one);
    const customers = number(row.customers);
    const level = text(row.level) || 'none';
    one.customers += customers;
    one.value += number(row.value);
    one.predictedValue += number(row.predicted);
    if (number(row.lost) === 1) one.lost += customers;
    one.levels[level] = (one.levels[level] ?? 0) + customers;
  }
  return [...found.values()] as GroupsAnswer['now'];
}
