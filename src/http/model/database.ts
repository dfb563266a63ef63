/**
 * The file of the read model: opened, made, thrown away. Boundary: SQLite as Node has it; no row's meaning. A file that is not a read model of ours is never touched.
 *
 * One process holds the file, alone. Commits survive the death of the process; one that the death of the machine takes back takes its positions with it, so the topics are
 * read again from there.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { Halt } from '../../engine/errors.ts';
import { TABLES, VERSION } from './schema.ts';

/** "rapp": SQLite keeps it in the head of the file. */
const APPLICATION = 0x72617070;
const APPLICATION_AT = 68;
const HEAD_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

const BUSY = 5;
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const NO_DATABASE = 26;

export type Row = Record<string, SQLOutputValue>;
export const number = (value: SQLOutputValue | undefined): number => (typeof value === 'number' ? value : Number(value ?? 0));
export const text = (value: SQLOutputValue | undefined): string => (typeof value === 'string' ? value : '');

/** SQLite's primary result code of an error; null for another error. */
function codeOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}
/** The file is damaged: no more can be had from it. */
export const isDamage = (error: unknown): boolean => [CORRUPT, NO_DATABASE].includes(codeOf(error) ?? -1);

/** Whose the model is; for another owner it is rebuilt. */
export interface Identity {
  readonly applicationId: string;
  readonly shards: number;
}

export class Database {
  readonly incarnation: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync, incarnation: string) {
    this.#db = db;
    this.incarnation = incarnation;
  }

  /**
   * Opens the file, or makes it. `threwAway` says why what was there had to go; null when nothing had. Throws Halt when the file is another's, is in use or cannot be
   * opened.
   */
  static open(file: string, identity: Identity): { readonly database: Database; readonly threwAway: string | null } {
    refuseForeign(file);
    const existed = existsSync(file);
    try {
      const found = Database.#attempt(file, identity, !existed);
      if (typeof found !== 'string') return { database: found, threwAway: null };
      remove(file);
      const made = Database.#attempt(file, identity, true);
      if (typeof made === 'string') throw new Error(`a new read model is refused: ${made}`);
      return { database: made, threwAway: existed ? found : null };
    } catch (error) {
      const code = codeOf(error);
      if (code === BUSY)
        throw new Halt(`${file} is in use: each \`rapport serve\` needs a RAPPORT_HTTP_DATABASE of its own`, { cause: error });
      if (code === CANNOT_OPEN)
        throw new Halt(`${file} cannot be opened: name a file in a folder that exists and may be written to by RAPPORT_HTTP_DATABASE`, {
          cause: error,
        });
      throw error;
    }
  }

  /** A text says why what is there cannot be used. */
  static #attempt(file: string, identity: Identity, make: boolean): Database | string {
    const db = new DatabaseSync(file);
    try {
      db.exec(
        `PRAGMA locking_mode = EXCLUSIVE; PRAGMA application_id = ${APPLICATION}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768`,
      );
      db.exec('BEGIN IMMEDIATE; COMMIT');
      const wanted = JSON.stringify({ version: VERSION, applicationId: identity.applicationId, shards: identity.shards });
      if (make) create(db, wanted);
      const known = metaOf(db);
      const found = known.get('identity');
      if (found === wanted) return new Database(db, known.get('incarnation') ?? '');
      db.close();
      return `it is ${found === undefined ? 'not finished' : `of ${found}`}, and what is needed is ${wanted}`;
    } catch (error) {
      db.close();
      if (isDamage(error)) return `it is damaged (${error instanceof Error ? error.message : ''})`;
      throw error;
    }
  }

  get(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Row by row: who stops early has read no more. */
  each(sql: string, ...values: (string | number)[]): NodeJS.Iterator<Row> {
    return this.#statement(sql).iterate(...values);
  }

  /** How many rows it has changed. */
  run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** All of it or nothing. */
  transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      // SQLite has ended it already after some failures, damage among them.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

function create(db: DatabaseSync, identity: string): void {
  db.exec(`BEGIN IMMEDIATE;${TABLES}`);
  const insert = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
  insert.run('identity', identity);
  insert.run('incarnation', randomBytes(6).toString('hex'));
  db.exec('COMMIT');
}

function metaOf(db: DatabaseSync): Map<string, string> {
  const exists = db.prepare("SELECT 1 AS is_there FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get();
  if (exists === undefined) return new Map();
  return new Map(
    db
      .prepare('SELECT key, value FROM meta')
      .all()
      .map((row) => [text(row.key), text(row.value)]),
  );
}

/** Removes the model and what SQLite keeps beside it. */
export function remove(file: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(file + end, { force: true });
}

/** Whoever mistypes a path must not lose what is there. */
function refuseForeign(file: string): void {
  if (!existsSync(file)) return;
  const head = Buffer.alloc(HEAD_BYTES);
  const from = openSync(file, 'r');
  try {
    if (!fstatSync(from).isFile()) throw new Halt(`${file} is no file: name one by RAPPORT_HTTP_DATABASE`);
    if (fstatSync(from).size === 0) return;
    readSync(from, head, 0, HEAD_BYTES, 0);
  } finally {
    closeSync(from);
  }
  if (head.toString('latin1', 0, MAGIC.length) === MAGIC && head.readUInt32BE(APPLICATION_AT) === APPLICATION) return;
  throw new Halt(`${file} is not a read model of rapport, and is left alone: name another file by RAPPORT_HTTP_DATABASE, or remove it`);
}
