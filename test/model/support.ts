/** Histories for the models: the CDNOW sample, and customers simulated from known parameters. */
import { readFileSync } from 'node:fs';
import type { BuyingModel, BuyingParameters } from '../../src/domain/buying.ts';
import type { SpendingParameters } from '../../src/domain/spending.ts';
import { csvReader } from '../../src/model/csv.ts';
import { History, type PurchaseDays } from '../../src/model/history.ts';
import type { Random } from '../../src/world/random.ts';

const CDNOW = new URL('../fixtures/cdnow.csv', import.meta.url);

export const dayNumber = (date: string): number => Date.parse(date) / 86_400_000;

export function cdnow(): PurchaseDays {
  const [header = '', ...lines] = readFileSync(CDNOW, 'utf8').trim().split('\n');
  const read = csvReader(header, 2);
  if (typeof read === 'string') throw new Error(read);
  const history = new History();
  for (const line of lines) {
    const order = read(line);
    if (typeof order === 'string') throw new Error(order);
    history.order(order.customer, null, order.day, order.amount);
  }
  return history.purchaseDays();
}

/** Gamma with any shape (Marsaglia and Tsang 2000). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function beta(random: Random, a: number, b: number): number {
  const x = gamma(random, a);
  return x / (x + gamma(random, b));
}

/** Times of the repeat purchases, in days after the first, of one customer who is watched for so long. */
export function repeats(random: Random, model: BuyingModel, { r, alpha, a, b }: BuyingParameters, days: number): number[] {
  const rate = gamma(random, r) / alpha;
  const dropOut = beta(random, a, b);
  const times: number[] = [];
  let alive = model === 'bg' || !random.chance(dropOut);
  for (let at = random.exponential(1 / rate); alive && at <= days; at += random.exponential(1 / rate)) {
    times.push(at);
    alive = !random.chance(dropOut);
  }
  return times;
}

/** The mean amount of x purchases of one customer. */
export function meanSpent(random: Random, { p, q, v }: SpendingParameters, x: number): number {
  const scale = gamma(random, q) / v;
  return gamma(random, p * x) / (scale * x);
}
