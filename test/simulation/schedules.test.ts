/** I1–I12 under thousands of schedules: the real engine on simulated Kafka and Redis, each run drawn from its seed. */
import { describe, expect, it } from 'vitest';
import { judge, newTally } from './judge.ts';
import { planOf, TROUBLES } from './plan.ts';
import { simulate } from './simulation.ts';

const RUNS = 2_000;
const BLOCK = 250;

describe('schedules', () => {
  const tally = newTally();

  it.each(Array.from({ length: RUNS / BLOCK }, (_, i) => i * BLOCK + 1))(
    'seeds from %i on: nothing lost, nothing doubled, nothing invented',
    {
      timeout: 300_000,
    },
    async (from) => {
      for (let seed = from; seed < from + BLOCK; seed++) await judge(planOf(seed), tally);
    },
  );

  it('have met everything that may befall a run, and what was compared was something', () => {
    expect(tally.runs).toBe(RUNS);
    for (const what of [...TROUBLES, 'a worker is killed', 'a worker is frozen'])
      expect(tally.befell.get(what) ?? 0, what).toBeGreaterThan(RUNS / 20);
    expect(tally.befell.get('a record is forwarded in vain') ?? 0).toBeGreaterThan(RUNS / 20);
    expect(tally.befell.get('a broker that was cut off is asked') ?? 0).toBeGreaterThan(RUNS / 20);
    for (const how of ['the request was lost', 'the answer was lost', 'it is late'])
      for (const what of ['initialise', 'produce the journal', 'end the transaction', 'load', 'apply'])
        expect(tally.befell.get(`${how}: ${what}`) ?? 0, `${how}: ${what}`).toBeGreaterThan(RUNS / 100);
    expect(tally.compared.customers).toBeGreaterThan(RUNS);
    expect(tally.compared.steps).toBeGreaterThan(5 * RUNS);
    expect(tally.compared.outputs).toBeGreaterThan(20 * RUNS);
    expect(tally.compared.samples).toBeGreaterThan(20 * RUNS);
  });
});

it('the same seed gives the same run, to the last await', { timeout: 60_000 }, async () => {
  for (const seed of [3, 17, 401]) {
    const [one, two]: [string[], string[]] = [[], []];
    const { fingerprint } = await simulate(planOf(seed), one);
    expect((await simulate(planOf(seed), two)).fingerprint).toBe(fingerprint);
    expect(two).toEqual(one);
    expect(one.length).toBeGreaterThan(200);
  }
});
