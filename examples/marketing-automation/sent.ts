/**
 * The own record of what was sent, in a file of SQLite that all processes of one host share. Several hosts need a database that they share; the table and the two
 * statements are the same. It holds ids of changes and no customer's.
 */
import { DatabaseSync } from 'node:sqlite';

const TABLE = 'CREATE TABLE IF NOT EXISTS sent (change_id TEXT PRIMARY KEY, outcome TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID';

export class Sent {
  readonly #database: DatabaseSync;

  /** @param keepMs how long a row is kept: longer than a change may be old and still be sent */
  constructor(file: string, keepMs: number) {
    this.#database = new DatabaseSync(file, { timeout: 10_000 });
    // The row has to be on the disk before the offset is committed.
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${TABLE}`);
    this.#database.prepare('DELETE FROM sent WHERE at < ?').run(Date.now() - keepMs);
  }

  has(changeId: string): boolean {
    return this.#database.prepare('SELECT 1 FROM sent WHERE change_id = ?').get(changeId) !== undefined;
  }

  /** Of two processes that were both at it the first counts: they sent the same by the same key. */
  add(changeId: string, outcome: string): void {
    this.#database.prepare('INSERT INTO sent VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(changeId, outcome, Date.now());
  }

  close(): void {
    this.#database.close();
  }
}
