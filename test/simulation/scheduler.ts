/**
 * Time and chance of a simulation: one queue of what happens next, one thing at a time, drawn from one seed; so the same seed gives the same run, to the last await.
 * Boundary: knows processes (which can freeze and die) and messages (which can be slow and get lost), but nothing of Kafka, Redis or the engine.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Link } from '../../src/adapters/memory/link.ts';
import type { Instant } from '../../src/domain/ids.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { Clock } from '../../src/engine/ports.ts';
import type { Random } from '../../src/world/random.ts';

interface Happening {
  readonly at: number;
  readonly order: number;
  /** whose process goes on with it; null: a server's, or the world's */
  readonly process: SimProcess | null;
  readonly what: string;
  readonly action: () => void;
}

/** What messages of a run suffer. Probabilities are of each message; times in ms. */
export interface Weather {
  /** a request that never arrives, an answer that never does */
  readonly lost: number;
  /** a request that arrives after its sender has given up on it, which may be after its transaction and its session have run out */
  readonly late: number;
  /** a message that takes up to `slowMs` */
  readonly slow: number;
  readonly slowMs: number;
  /** how long a sender waits for an answer */
  readonly patienceMs: number;
}

export const CALM: Weather = { lost: 0, late: 0, slow: 0, slowMs: 0, patienceMs: 5_000 };

const USUAL_MS = 3;
/** how late a request is at most, in times of its sender's patience */
const LATEST = 6;

export class Scheduler {
  readonly random: Random;
  readonly #start: number;
  #heap: Happening[] = [];
  #order = 0;
  #now = 0;
  weather: Weather = CALM;
  /** gets everything that happens, in order; hashed it is always */
  readonly #history: string[] | null;
  #hash = 0;
  /** messages that were lost or late, by how and what */
  readonly suffered = new Map<string, number>();
  /** asked before a process goes on after an await: this is where it can be stopped */
  beforeResume: ((process: SimProcess) => void) | null = null;
  #resumed = 0;

  /**
   * @param start the servers' clock at its beginning, ms since the epoch
   * @param history gets everything that happens, a line each
   */
  constructor(random: Random, start: number, history: string[] | null = null) {
    this.random = random;
    this.#start = start;
    this.#history = history;
  }

  get now(): number {
    return this.#now;
  }
  /** The servers' wall clock. */
  get wall(): Instant {
    return (this.#start + this.#now) as Instant;
  }
  /** How often a process has gone on after an await. */
  get resumed(): number {
    return this.#resumed;
  }
  /** Of all that happened: two runs that differ anywhere differ here. */
  get fingerprint(): number {
    return this.#hash >>> 0;
  }

  note(what: string): void {
    for (let i = 0; i < what.length; i++) this.#hash = (Math.imul(this.#hash, 31) + what.charCodeAt(i)) | 0;
    this.#history?.push(`${this.#now.toFixed(1).padStart(9)}  ${what}`);
  }

  /** A line for who reads the history; no part of what happens. */
  remark(what: string): void {
    this.#history?.push(`${' '.repeat(11)}${what}`);
  }

  after(ms: number, what: string, action: () => void, process: SimProcess | null = null): void {
    this.#push({ at: this.#now + ms, order: ++this.#order, process, what, action });
  }

  /** Lets things happen, one at a time, each with all that it leads to at once, until `until` holds or `most` ms have passed; returns whether it held. */
  async run(most: number, until: () => boolean): Promise<boolean> {
    const end = this.#now + most;
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      if (until()) return true;
      this.#pop();
      this.#now = next.at;
      await this.#happen(next);
    }
    if (until()) return true;
    this.#now = end;
    return false;
  }

  async #happen({ process, what, action }: Happening): Promise<void> {
    if (process !== null) {
      this.#resumed += 1;
      this.beforeResume?.(process);
      if (process.held({ what, action })) return;
    }
    this.note(process === null ? what : `${process.name}: ${what}`);
    action();
    await turn();
  }

  /** How long a message takes. */
  delay(): number {
    const { slow, slowMs } = this.weather;
    return slow > 0 && this.random.chance(slow) ? this.random.between(0, slowMs) : this.random.between(0.1, USUAL_MS);
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let i = heap.push(happening) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(happening, heap[parent] as Happening)) break;
      heap[i] = heap[parent] as Happening;
      i = parent;
    }
    heap[i] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
      if (!before(heap[child] as Happening, last)) break;
      heap[i] = heap[child] as Happening;
      i = child;
    }
    heap[i] = last;
  }
}

const before = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A process of the simulation: what it awaits reaches it only while it lives and is not frozen. It has a link to the servers and a clock of its own. */
export class SimProcess implements Link, Clock {
  readonly name: string;
  readonly #scheduler: Scheduler;
  #state: 'alive' | 'frozen' | 'dead' = 'alive';
  #held: { readonly what: string; readonly action: () => void }[] = [];
  /** how far its wall clock is off the servers', ms */
  skew = 0;

  constructor(name: string, scheduler: Scheduler) {
    this.name = name;
    this.#scheduler = scheduler;
  }

  get state(): 'alive' | 'frozen' | 'dead' {
    return this.#state;
  }

  /** `kill -9`: nothing it waits for reaches it any more. What it has sent may arrive. */
  kill(): void {
    this.#state = 'dead';
    this.#held = [];
  }

  /** SIGSTOP */
  freeze(): void {
    if (this.#state === 'alive') this.#state = 'frozen';
  }

  /** SIGCONT: everything that has come meanwhile reaches it at once. */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'alive';
    for (const { what, action } of this.#held.splice(0)) this.#scheduler.after(0, what, action, this);
  }

  /** Whether something must not reach it (now). */
  held(what: { readonly what: string; readonly action: () => void }): boolean {
    if (this.#state === 'frozen') this.#held.push(what);
    return this.#state !== 'alive';
  }

  call<T>(what: string, effect: () => T): Promise<T> {
    const scheduler = this.#scheduler;
    const { random, weather } = scheduler;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const giveUp = (how: string): void => {
      const suffered = `${how}: ${what}`;
      scheduler.suffered.set(suffered, (scheduler.suffered.get(suffered) ?? 0) + 1);
      scheduler.after(weather.patienceMs, `no answer: ${what} (${how})`, () => reject(new Retryable(`no answer to ${what}`)), this);
    };
    const arrive = (ms: number, answers: boolean): void =>
      scheduler.after(ms, `server: ${what} of ${this.name}`, () => {
        let answer: () => void;
        try {
          const value = effect();
          answer = () => resolve(value);
        } catch (error) {
          answer = () => reject(error);
        }
        if (answers) scheduler.after(scheduler.delay(), what, answer, this);
      });
    if (weather.lost > 0 && random.chance(weather.lost)) {
      const request = random.chance(0.5);
      if (!request) arrive(scheduler.delay(), false);
      giveUp(request ? 'the request was lost' : 'the answer was lost');
    } else if (weather.late > 0 && random.chance(weather.late)) {
      arrive(weather.patienceMs * random.between(1, LATEST), false);
      giveUp('it is late');
    } else arrive(scheduler.delay(), true);
    return promise;
  }

  soon(what: string, action: () => void): void {
    this.#scheduler.after(this.#scheduler.delay(), what, action, this);
  }

  monotonic(): number {
    return this.#scheduler.now;
  }

  wall(): Instant {
    return (this.#scheduler.wall + this.skew) as Instant;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    this.#scheduler.after(ms, `slept ${ms}`, wake, this);
    signal?.addEventListener('abort', wake, { once: true });
    return promise;
  }
}
