/**
 * The tables of the read model. Boundary: text alone; who writes and reads them is beside this file. There are no migrations: another VERSION, and the file is thrown away and
 * rebuilt from the topics.
 *
 * What is asked for stands in columns, with an index for each way of asking; the rest of a row is its answer as JSON. `row` of changes grows with each one that is
 * learnt and is never used again: it is what bookmarks of live readers count by.
 */
export const VERSION = 2;

export const TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- last and digest: of the last record that was taken, by which a topic that was made anew is known
CREATE TABLE positions (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, last INTEGER, digest TEXT,
  PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

-- level: '' before a purchase
CREATE TABLE customers (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, grp TEXT NOT NULL, level TEXT NOT NULL, lost INTEGER NOT NULL,
  value INTEGER NOT NULL, predicted INTEGER NOT NULL, json TEXT NOT NULL
) STRICT;
CREATE INDEX customers_value ON customers (value, id);
CREATE INDEX customers_predicted ON customers (predicted, id);
CREATE INDEX customers_group_value ON customers (grp, value, id);
CREATE INDEX customers_level_predicted ON customers (level, predicted, id);

CREATE TABLE sizes (
  grp TEXT NOT NULL, level TEXT NOT NULL, lost INTEGER NOT NULL,
  customers INTEGER NOT NULL, value INTEGER NOT NULL, predicted INTEGER NOT NULL,
  PRIMARY KEY (grp, level, lost)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
  row INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX changes_customer ON changes (customer, number);
CREATE INDEX changes_at ON changes (at, row);

-- customer: '' for the business
CREATE TABLE alerts (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, customer TEXT NOT NULL, open INTEGER NOT NULL,
  acknowledged INTEGER NOT NULL, opened INTEGER NOT NULL, json TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_opened ON alerts (opened, id);
CREATE INDEX alerts_open ON alerts (open, opened, id);
CREATE INDEX alerts_customer ON alerts (customer, opened, id);

-- grp, attribute, value: '' for none
CREATE TABLE kpis (
  row INTEGER PRIMARY KEY, day TEXT NOT NULL, dimension TEXT NOT NULL, grp TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT NOT NULL,
  json TEXT NOT NULL, UNIQUE (day, dimension)
) STRICT;
CREATE INDEX kpis_by ON kpis (attribute, day, grp, value);

CREATE TABLE dead_letters (
  reason TEXT NOT NULL, topic TEXT NOT NULL, count INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (reason, topic)
) STRICT, WITHOUT ROWID;
`;

export const COUNTED = ['customers', 'changes', 'alerts', 'kpis', 'dead_letters'] as const;
