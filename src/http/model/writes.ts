/**
 * One record of a topic into the tables, within the transaction that also moves the positions. Boundary: rows; shapes.ts says what an answer looks like.
 */
import type { AlertRecord, KpiRecord, ProfileRecord, SegmentChangeRecord } from '../../codec/types.ts';
import type { Alert } from '../api.ts';
import { type Database, number, text } from './database.ts';
import type { Said } from './entry.ts';
import { alertWith, changeOf, customerOf, kpiOf } from './shapes.ts';

export function write(db: Database, said: Said): void {
  switch (said.type) {
    case 'profile':
      writeProfile(db, said.record);
      return;
    case 'segment-change':
      writeChange(db, said.record);
      return;
    case 'alert':
      writeAlert(db, said.record);
      return;
    case 'kpi':
      writeKpi(db, said.record);
      return;
    case 'dead-letter':
      db.run(
        `INSERT INTO dead_letters (reason, topic, count, last) VALUES (?, ?, 1, ?)
         ON CONFLICT DO UPDATE SET count = count + 1, last = max(last, excluded.last)`,
        said.record.reason,
        said.record.origin.topic,
        said.record.detectedAt,
      );
      return;
    case 'erased':
      if (said.of === 'profile') eraseCustomer(db, said.key);
      else eraseKpi(db, said.key);
      return;
  }
}

function resize(db: Database, grp: string, level: string, lost: number, customers: 1 | -1, value: number, predicted: number): void {
  db.run(
    `INSERT INTO sizes (grp, level, lost, customers, value, predicted) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET customers = customers + excluded.customers, value = value + excluded.value,
       predicted = predicted + excluded.predicted`,
    grp,
    level,
    lost,
    customers,
    value * customers,
    predicted * customers,
  );
}

/** Takes the customer out of the sizes; whether there was one. */
function takeOut(db: Database, id: string): boolean {
  const was = db.get('SELECT grp, level, lost, value, predicted FROM customers WHERE id = ?', id);
  if (was === undefined) return false;
  resize(db, text(was.grp), text(was.level), number(was.lost), -1, number(was.value), number(was.predicted));
  return true;
}

function writeProfile(db: Database, record: ProfileRecord): void {
  takeOut(db, record.customerId);
  const { group, churn, scores, lifetimeValues } = record;
  const level = churn.level ?? '';
  resize(db, group, level, Number(churn.lost), 1, scores.value, lifetimeValues.predicted);
  db.run(
    `INSERT INTO customers (id, grp, level, lost, value, predicted, json) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET grp = excluded.grp, level = excluded.level, lost = excluded.lost, value = excluded.value,
       predicted = excluded.predicted, json = excluded.json`,
    record.customerId,
    group,
    level,
    Number(churn.lost),
    scores.value,
    lifetimeValues.predicted,
    JSON.stringify(customerOf(record)),
  );
}

/** With all that has been told of the customer. */
function eraseCustomer(db: Database, id: string): void {
  if (takeOut(db, id)) db.run('DELETE FROM customers WHERE id = ?', id);
  // An alert about the business has the customer ''.
  if (id === '') return;
  db.run('DELETE FROM changes WHERE customer = ?', id);
  db.run('DELETE FROM alerts WHERE customer = ?', id);
}

function writeChange(db: Database, record: SegmentChangeRecord): void {
  db.run(
    'INSERT OR IGNORE INTO changes (customer, number, at, json) VALUES (?, ?, ?, ?)',
    record.customerId,
    record.number,
    record.at,
    JSON.stringify(changeOf(record)),
  );
}

function writeAlert(db: Database, record: AlertRecord): void {
  const known = db.get('SELECT json FROM alerts WHERE id = ?', record.alertId);
  const alert = alertWith(known === undefined ? null : (JSON.parse(text(known.json)) as Alert), record);
  if (alert === null) return;
  db.run(
    `INSERT INTO alerts (id, kind, customer, open, acknowledged, opened, json) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET open = excluded.open, acknowledged = excluded.acknowledged, json = excluded.json`,
    alert.alertId,
    alert.kind,
    alert.customer ?? '',
    Number(alert.open),
    Number(alert.acknowledged !== null),
    alert.openedAt,
    JSON.stringify(alert),
  );
}

function writeKpi(db: Database, record: KpiRecord): void {
  db.run(
    `INSERT INTO kpis (day, dimension, grp, attribute, value, json) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (day, dimension) DO UPDATE SET json = excluded.json`,
    record.day,
    record.dimension,
    record.group ?? '',
    record.attribute ?? '',
    record.value ?? '',
    JSON.stringify(kpiOf(record)),
  );
}

/** The key is the day, a bar, the dimension. */
function eraseKpi(db: Database, key: string): void {
  const bar = key.indexOf('|');
  db.run('DELETE FROM kpis WHERE day = ? AND dimension = ?', key.slice(0, bar), key.slice(bar + 1));
}
