/**
 * Seeded randomness in the shapes that behaviour has. Every customer, and the delivery, draws from a stream of its own, so that what one
 * does never depends on what was drawn for another. Boundary: the only place that touches pure-rand.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

export class Random {
  readonly #generator: JumpableRandomGenerator;

  /** The stream of a seed and a label: streams of different labels are unrelated. */
  constructor(seed: number, label: string) {
    let state = Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32);
    for (let i = 0; i < label.length; i++) state = scramble(state ^ label.charCodeAt(i));
    const words = [1, 2, 3, 4].map((i) => scramble(state + Math.imul(i, 0x6d2b79f5)));
    this.#generator = xoroshiro128plusFromState(words);
  }

  /** Greater than 0, less than 1. */
  uniform(): number {
    return ((this.#generator.next() >>> 0) + 0.5) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.uniform();
  }

  /** A whole number, both ends included. */
  integer(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  /** Box and Muller, one of the two. */
  normal(mean = 0, deviation = 1): number {
    return mean + deviation * Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  lognormal(median: number, sigma: number): number {
    return median * Math.exp(this.normal(0, sigma));
  }

  exponential(mean: number): number {
    return -mean * Math.log(this.uniform());
  }

  /** Gamma with a whole shape, as a sum of exponentials: 1 is memoryless, more is more regular. */
  gamma(mean: number, shape: number): number {
    let product = 1;
    for (let i = 0; i < shape; i++) product *= this.uniform();
    return (-mean / shape) * Math.log(product);
  }

  /** An entry by weight. */
  pick<T>(weighted: readonly (readonly [T, number])[]): T {
    let total = 0;
    for (const [, weight] of weighted) total += weight;
    let rest = this.uniform() * total;
    for (const [value, weight] of weighted) {
      rest -= weight;
      if (rest < 0) return value;
    }
    const last = weighted.at(-1);
    if (!last) throw new RangeError('nothing to pick from');
    return last[0];
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(0, 255));
  }
}

/** The finalizer of MurmurHash3 (Appleby, public domain). */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
