/**
 * Readers of what writers wrote, by schema id: made once for each, asked for before their records are decoded. Boundary: bounded caches; where writer
 * schemas come from is the caller's, what a reader makes of the bytes too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Retryable } from '../engine/errors.ts';
import type { Decoder, LogRecord } from '../engine/ports.ts';
import { type Dead, dead } from '../sources/decoded.ts';
import type { AvroType } from './schemas.ts';
import { type WireRead, wireId } from './wire.ts';

/** Where writer schemas are. */
export interface WriterSchemas {
  /** The schema of an id; a text says why there is none that could be used. Throws Retryable when it cannot be asked. */
  find(id: number): Promise<AvroType | string>;
}

const MOST_READERS = 2_000;
const MOST_MISSES = 50_000;
/** ms until an id without a usable schema is asked for again: it may have been registered in between */
const ASK_AGAIN_MS = 5_000;
/** ms after which the next ids may be waited for: whoever floods a topic with ids that there are not, holds it up for a little while only */
const PATIENT_AGAIN_MS = 30_000;
const PAUSE_MS = 200;
/** requests at a time while a batch is prepared */
const SIDE_BY_SIDE = 8;

interface Miss {
  readonly detail: string;
  readonly askedAt: number;
}

/** How time passes for readers: it only says when to ask again. */
export interface Asking {
  /** monotonic ms */
  now(): number;
  sleep(ms: number): Promise<unknown>;
  /** ms for which an id that the registry does not know is asked for again: one that follows another learns of a new schema a little later */
  readonly patienceMs: number;
}

export const AT_ONCE: Asking = { now: () => performance.now(), sleep: (ms) => sleep(ms), patienceMs: 0 };

export interface Readers {
  readonly readers: LRUCache<number, WireRead>;
  readonly misses: LRUCache<number, Miss>;
  readonly prepare: Decoder['prepare'];
}

/** Readers by schema id. `as` completes "schema 7 cannot be read …". */
export function createReaders(
  schemas: WriterSchemas,
  { now, sleep, patienceMs }: Asking,
  readerOf: (writer: AvroType) => WireRead,
  as: string,
): Readers {
  const readers = new LRUCache<number, WireRead>({ max: MOST_READERS });
  const misses = new LRUCache<number, Miss>({ max: MOST_MISSES });
  let patientSince = Number.NEGATIVE_INFINITY;

  /** Whether there is still time for an id to become known. */
  const isEarly = (): boolean => {
    if (now() - patientSince >= PATIENT_AGAIN_MS) patientSince = now();
    return now() - patientSince < patienceMs;
  };

  /** Returns whether to ask again: it is met for the first time, and may yet become known. */
  const ask = async (id: number): Promise<boolean> => {
    const found = await schemas.find(id);
    let detail: string;
    if (typeof found === 'string') {
      // No registry gives other ids.
      if (id > 0 && !misses.has(id) && isEarly()) return true;
      detail = found;
    } else {
      try {
        readers.set(id, readerOf(found));
        misses.delete(id);
        return false;
      } catch (cause) {
        detail = `schema ${id} cannot be read ${as}: ${messageOf(cause)}`;
      }
    }
    misses.set(id, { detail, askedAt: now() });
    return false;
  };

  const isOpen = (id: number): boolean => {
    if (readers.has(id)) return false;
    const miss = misses.get(id);
    return miss === undefined || now() - miss.askedAt >= ASK_AGAIN_MS;
  };

  return {
    readers,
    misses,
    async prepare(_topic, records) {
      for (let ids = openIds(records, isOpen); ids.length > 0; ) {
        const again: number[] = [];
        await Promise.all(
          Array.from({ length: Math.min(SIDE_BY_SIDE, ids.length) }, async () => {
            for (let id = ids.pop(); id !== undefined; id = ids.pop()) if (await ask(id)) again.push(id);
          }),
        );
        if (again.length > 0) await sleep(PAUSE_MS);
        ids = again;
      }
    },
  };
}

/** The ids of these records that have to be asked for, each once. */
function openIds(records: readonly LogRecord[], isOpen: (id: number) => boolean): number[] {
  const ids = new Set<number>();
  for (const { value } of records) {
    const id = value === null ? null : wireId(value);
    if (id !== null && !ids.has(id) && isOpen(id)) ids.add(id);
  }
  return [...ids];
}

/** Of an id without a reader. Throws Retryable when it has not been asked for. */
export function missing(id: number, miss: Miss | undefined): Dead {
  if (miss === undefined) throw new Retryable(`Schema ${id} is not in the cache: prepare its batch (again).`);
  return dead('unknown-schema', miss.detail);
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
