/** What the seed of a run decides besides its troubles: how its workers are set up, and the word that must go nowhere. */
import { Random } from '../../src/world/random.ts';

export interface Plan {
  /** journals are cleaned while they grow; otherwise they stay below the size from which they are */
  readonly cleaner: boolean;
  /** the history is in order and keyed by customer, so that V8 can ask for it to be taken so; every third run */
  readonly tidy: boolean;
  readonly sessionMs: number;
  readonly transactionMs: number;
  /** workers at the beginning */
  readonly workers: number;
  /** stands in comments alone; letters, as a word must have to be read as one */
  readonly canary: string;
  /** of the workers' engine (LIMITS): so that steps, chunks and deletions are many */
  readonly limits: Readonly<Record<string, number>>;
}

const LETTERS = 'abcdefghkm';

/** @param cleaner drawn unless given */
export function planOf(seed: number, cleaner?: boolean): Plan {
  const random = new Random(seed, 'run');
  const drawn = random.chance(0.5);
  const cleans = cleaner ?? drawn;
  const journalLeast = random.integer(16, 96) << 10;
  return {
    cleaner: cleans,
    tidy: seed % 3 === 2,
    sessionMs: random.integer(2_000, 6_000),
    transactionMs: 5_000,
    workers: random.integer(2, 3),
    canary: `canary${Array.from({ length: 12 }, () => LETTERS[random.integer(0, LETTERS.length - 1)]).join('')}xyzzy`,
    limits: { stepRecords: random.integer(20, 300), chunk: random.integer(5, 50), ...(cleans ? { journalLeast } : {}) },
  };
}
