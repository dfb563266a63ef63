/**
 * A logarithmic histogram with fixed buckets, each 2 % wide: a quantile is right within 1 %, and histograms add, take back and merge exactly, since they are
 * counts (Masson, Rim, Lee 2019, DDSketch; here of one accuracy and unbounded, because amounts of money need fewer than 2,000 buckets).
 * Boundary: buckets and counts; what is counted is contribution.ts, what a quantile is for is thresholds.ts.
 */

const GAMMA = 1.02;
const LOG_GAMMA = Math.log(GAMMA);

/** Buckets that lie under one key: most populations take fewer than twenty. */
export const BLOCK = 32;

/** The bucket of a value: 0 for none at all, else from 1 for (1/γ, 1], 2 for (1, γ], and so on. @param value a whole number */
export const bucketOf = (value: number): number => (value <= 0 ? 0 : Math.ceil(Math.log(value) / LOG_GAMMA) + 1);

/** The value that is at most 1 % off every value of a bucket. */
export const middleOf = (bucket: number): number => (bucket === 0 ? 0 : (2 * GAMMA ** (bucket - 1)) / (GAMMA + 1));

/** Counts by bucket, of several shards: what one of them says of a block takes the place of what it said before. */
export class Histogram {
  readonly #shards = new Map<number, Map<number, readonly number[]>>();
  readonly #counts = new Map<number, number>();
  #total = 0;

  /** how many values there are */
  get total(): number {
    return this.#total;
  }

  /** A block of one shard as it is now. @param counts of the block's buckets, from its first */
  put(shard: number, block: number, counts: readonly number[]): void {
    const blocks = this.#shards.get(shard) ?? new Map<number, readonly number[]>();
    this.#shards.set(shard, blocks);
    this.#add(block, blocks.get(block) ?? [], -1);
    blocks.set(block, [...counts]);
    this.#add(block, counts, 1);
  }

  /** Takes back all that a shard has put. */
  forget(shard: number): void {
    for (const [block, counts] of this.#shards.get(shard) ?? []) this.#add(block, counts, -1);
    this.#shards.delete(shard);
  }

  /** The least value that at least `share` (0–1) of all values do not exceed, within 1 %; null of nothing. */
  quantile(share: number): number | null {
    if (this.#total <= 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return middleOf(bucket);
    }
    return null;
  }

  #add(block: number, counts: readonly number[], sign: 1 | -1): void {
    counts.forEach((count, i) => {
      if (count === 0) return;
      const bucket = block * BLOCK + i;
      const sum = (this.#counts.get(bucket) ?? 0) + sign * count;
      if (sum === 0) this.#counts.delete(bucket);
      else this.#counts.set(bucket, sum);
      this.#total += sign * count;
    });
  }
}
