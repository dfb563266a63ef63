/**
 * What a trouble has in its hands, and how long it lasts. Boundary: no trouble is defined here.
 */
import type { Random } from '../../src/world/random.ts';
import type { Application } from '../support/application.ts';
import type { Cluster } from './cluster.ts';
import type { Fleet } from './fleet.ts';

export interface Scene {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly app: Application;
  /** RAPPORT_SESSION_TIMEOUT_MS and RAPPORT_TRANSACTION_TIMEOUT_MS of the workers */
  readonly sessionMs: number;
  readonly transactionMs: number;
  /** a line of the history, with its instant */
  say(what: string): void;
  /** The trouble that says so has hurt nothing, and so it does not count. */
  inVain(why: string): void;
  /** What it has hit; counts as the trouble does. */
  hit(what: Hit): void;
  /** returns after so many ms, or when the run comes to its end */
  wait(ms: number): Promise<void>;
}

/** What must have been hit in some runs, whichever trouble did it. */
export const HITS = [
  'journal leader',
  'group coordinator',
  'transaction coordinator',
  'controller',
  'EndTxn after its transaction',
  'Produce after its transaction',
] as const;
export type Hit = (typeof HITS)[number];

/** Two troubles of one area never go on at once: so at most one broker is down, and of Redis never both copies unless it is meant. */
export type Area = 'kafka' | 'redis' | 'workers' | 'registry';

export interface Trouble {
  readonly name: string;
  readonly areas: readonly Area[];
  /** how often it is drawn, against the others */
  readonly weight: number;
  /** Hurts, waits, heals. All that it draws, it draws from `random`, whatever happens meanwhile. */
  run(scene: Scene, random: Random): Promise<void>;
}
