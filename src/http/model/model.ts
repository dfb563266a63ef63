/**
 * The read model: what the output topics say, in tables, as far as each partition has been read. Boundary: knows no Kafka and no HTTP; follow.ts feeds it, queries
 * ask it.
 *
 * Keeps: rows and the position that they reach to are committed together, so each record counts once, however the topics are cut into batches and whenever the process
 * dies. A topic that is another than the one that was read before is noticed (Stale), and the model begins anew.
 */
import { EventEmitter } from 'node:events';
import type { Ends, Logger, TopicPartition } from '../../engine/ports.ts';
import { Database, type Identity, isDamage, number, remove, text } from './database.ts';
import type { Entry } from './entry.ts';
import { COUNTED } from './schema.ts';
import { write } from './writes.ts';

/** What has been read is not what the topics hold now. */
class Stale extends Error {}
/** A topic is said to end before what was read: so it may be, or a broker that was cut off does not know better yet. */
export class EndsBefore extends Stale {}

export interface Position extends TopicPartition {
  readonly next: number;
  /** the offset of the last record that was taken, and what told it apart; null while there is none */
  readonly last: number | null;
  readonly digest: string | null;
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`;

export class ReadModel {
  /**
   * 'committed' after each transaction that has added changes, 'alerts' after one with records of alerts, 'erased' after one that has taken a customer's changes and alerts
   * away; 'reset' when all bookmarks have become void
   */
  readonly events = new EventEmitter<{ committed: []; alerts: []; erased: []; reset: [] }>();
  readonly #file: string;
  readonly #identity: Identity;
  readonly #log: Logger;
  #db: Database;
  /** partitions that have not reached where they ended at the start, with that end */
  readonly #awaited = new Map<string, number>();
  #caughtUp = false;
  readonly #ends = new Map<string, number>();
  #lastRow: number;

  /** Throws Halt when the file cannot be had. */
  constructor(file: string, identity: Identity, log: Logger) {
    this.#file = file;
    this.#identity = identity;
    this.#log = log;
    // Each live reader listens.
    this.events.setMaxListeners(0);
    const { database, threwAway } = Database.open(file, identity);
    if (threwAway !== null) log.warn({ file }, `the read model is rebuilt from the topics: ${threwAway}`);
    this.#db = database;
    this.#lastRow = this.#rows();
  }

  get db(): Database {
    return this.#db;
  }

  get incarnation(): string {
    return this.#db.incarnation;
  }

  /** The number of the change learnt last; 0 before the first. */
  get lastRow(): number {
    return this.#lastRow;
  }

  /** Whether every partition has once been read to where it ended when the reading began. */
  get ready(): boolean {
    return this.#caughtUp;
  }

  position(of: TopicPartition): Position | null {
    const row = this.#db.get('SELECT next, last, digest FROM positions WHERE topic = ? AND partition = ?', of.topic, of.partition);
    if (row === undefined) return null;
    const last = row.last === null ? null : number(row.last);
    return { ...of, next: number(row.next), last, digest: last === null ? null : text(row.digest) };
  }

  positions(): (Position & { readonly end: number | null })[] {
    const rows = this.#db.all('SELECT topic, partition FROM positions ORDER BY topic, partition');
    return rows.flatMap((row) => {
      const of = { topic: text(row.topic), partition: number(row.partition) };
      const position = this.position(of);
      return position === null ? [] : [{ ...position, end: this.#ends.get(nameOf(of)) ?? null }];
    });
  }

  counts(): Record<string, number> {
    return Object.fromEntries(COUNTED.map((table) => [table, number(this.#db.get(`SELECT count(*) AS n FROM ${table}`)?.n)]));
  }

  /**
   * Says where the topics end now: the model is ready once it has read so far. Throws EndsBefore when it has read further than they go, Stale when it has read partitions that
   * there are not. What was deleted before it was read is said: it will not come again.
   */
  expect(topics: ReadonlyMap<string, readonly Ends[]>): void {
    for (const { topic, partition, next } of this.positions()) {
      const ends = topics.get(topic)?.[partition];
      if (ends === undefined) throw new Stale(`there is no ${topic} ${partition} any more`);
      if (next > ends.end) throw new EndsBefore(`${topic} ${partition} was read up to ${next} and ends at ${ends.end}`);
      if (next < ends.start)
        this.#log.warn(
          { topic, partition, from: next, to: ends.start },
          'records were deleted before they were read: the read model lacks them',
        );
    }
    this.#awaited.clear();
    this.#ends.clear();
    for (const [topic, partitions] of topics) {
      for (const [partition, { start, end }] of partitions.entries()) {
        const of = { topic, partition };
        this.#ends.set(nameOf(of), end);
        if (Math.max(start, this.position(of)?.next ?? 0) < end) this.#awaited.set(nameOf(of), end);
      }
    }
    this.#reached();
  }

  /**
   * Takes a batch of one partition, in offset order; `next` is the offset behind all that it covers. What was taken before is passed over. Throws Stale when the last record that
   * was taken is another one now.
   */
  apply(of: TopicPartition, next: number, entries: Iterable<Entry>): void {
    const known = this.position(of);
    const from = known?.next ?? 0;
    let last = known?.last ?? null;
    let digest = known?.digest ?? null;
    let added = 0;
    let alerts = 0;
    let erased = 0;
    this.#db.transaction(() => {
      for (const entry of entries) {
        if (entry.offset === last && entry.digest !== digest)
          throw new Stale(`${nameOf(of)} holds another record at offset ${last} than the one that was read`);
        if (entry.offset < from) continue;
        if (entry.said !== null) {
          write(this.#db, entry.said);
          if (entry.said.type === 'segment-change') added += 1;
          if (entry.said.type === 'alert') alerts += 1;
          if (entry.said.type === 'erased' && entry.said.of === 'profile') erased += 1;
        }
        last = entry.offset;
        digest = entry.digest;
      }
      if (last !== null && next <= last) throw new Stale(`${nameOf(of)} has gone back from offset ${last} to ${next}`);
      this.#db.run(
        'INSERT INTO positions (topic, partition, next, last, digest) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next, last = excluded.last, digest = excluded.digest',
        of.topic,
        of.partition,
        Math.max(from, next),
        last,
        digest,
      );
    });
    const end = this.#awaited.get(nameOf(of));
    if (end !== undefined && next >= end) {
      this.#awaited.delete(nameOf(of));
      this.#reached();
    }
    if (erased > 0) this.events.emit('erased');
    if (alerts > 0) this.events.emit('alerts');
    if (added === 0) return;
    this.#lastRow = this.#rows();
    this.events.emit('committed');
  }

  /** Throws all away and begins anew. */
  reset(why: string): void {
    this.#log.warn({ file: this.#file }, `the read model is rebuilt from the topics: ${why}`);
    this.#db.close();
    remove(this.#file);
    this.#db = Database.open(this.#file, this.#identity).database;
    this.#awaited.clear();
    this.#ends.clear();
    this.#caughtUp = false;
    this.#lastRow = 0;
    this.events.emit('reset');
  }

  close(): void {
    this.#db.close();
  }

  #reached(): void {
    if (this.#awaited.size === 0) this.#caughtUp = true;
  }

  #rows(): number {
    // Not the greatest that is there: it may have been erased, and bookmarks still count by it.
    return number(this.#db.get("SELECT seq FROM sqlite_sequence WHERE name = 'changes'")?.seq);
  }
}

/** Whether the model, not what feeds it, is what failed, so that it has to begin anew. */
export const asksForRebuild = (error: unknown): error is Error => error instanceof Stale || isDamage(error);
