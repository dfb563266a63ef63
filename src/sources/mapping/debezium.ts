/**
 * The row within a Debezium change event: `after` of a create, an update or a snapshot's read, `before` of a delete. In JSON the event may stand in an
 * envelope of its own, `schema` and `payload`. What is not about a row (truncate, message) is passed over. Pure.
 */
import { type Dead, dead, PASSED, type Passed } from '../decoded.ts';
import { type Foreign, isObject } from './paths.ts';

const own = (value: object, name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined);

export function debeziumRow(deletes: 'pass' | 'map'): (value: unknown) => Foreign | Passed | Dead {
  return (value) => {
    if (!isObject(value)) return NO_CHANGE;
    const payload = own(value, 'payload');
    const change = isObject(payload) && Object.hasOwn(value, 'schema') ? payload : value;
    switch (own(change, 'op')) {
      case 'c':
      case 'u':
      case 'r':
        return rowOf(change, 'after');
      case 'd':
        return deletes === 'pass' ? PASSED : rowOf(change, 'before');
      case 't':
      case 'm':
        return PASSED;
      default:
        return payload === null && Object.hasOwn(value, 'schema') ? PASSED : NO_CHANGE;
    }
  };
}

const NO_CHANGE = dead('invalid-record', 'op is none of c, u, r, d, t, m: the value is no Debezium change event');
const NO_ROW = {
  after: dead('invalid-record', 'after is missing: the change event has no row'),
  before: dead('invalid-record', 'before is missing: the change event has no row; a PostgreSQL table needs REPLICA IDENTITY FULL'),
};

function rowOf(change: object, name: 'after' | 'before'): Foreign | Dead {
  const row = own(change, name);
  return isObject(row) ? { row, whole: change } : NO_ROW[name];
}
