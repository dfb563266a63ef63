/**
 * A worker stopped at every await of its life, one run for each: killed; or frozen until its session and its transaction have run out and another has taken over all that it
 * had, so that at each await a zombie wakes up beside its successor. In two of these lives nothing else goes wrong (schedules.test.ts mixes troubles). In the others it takes over from one
 * that found Redis flushed and died halfway through an apply, while records come late, twice, broken and by reroute.
 */
import { describe, expect, it } from 'vitest';
import { judge, newTally } from './judge.ts';
import { planWithStop, type Stop } from './plan.ts';

interface Life extends Pick<Stop, 'cleaned' | 'predecessor'> {
  readonly seed: number;
  /** stops there are at least; further ones would be of the drain, when everything is healed */
  readonly least: number;
}

const LIVES: readonly Life[] = [
  { seed: 5, cleaned: false, predecessor: null, least: 200 },
  { seed: 5, cleaned: true, predecessor: null, least: 200 },
  { seed: 39, cleaned: true, predecessor: 'half a build', least: 120 },
  { seed: 39, cleaned: true, predecessor: 'half a step', least: 60 },
];

describe.each(LIVES)('cleaned: $cleaned, left by its predecessor: $predecessor', ({ seed, least, ...life }) => {
  it.each(['kill', 'freeze'] as const)('I2 I3 I5 I6 %s at each await', { timeout: 600_000 }, async (how) => {
    const tally = newTally();
    const alone = life.predecessor === null;
    const [worker, successor] = alone ? ['worker 1', 'worker 2'] : ['worker 2', 'worker 3'];
    const { awaits, evidence: whole, story: untroubled } = await judge(planWithStop(seed, { ...life, how, index: -1 }), tally);
    const before = alone ? [] : ['flush Redis', 'worker 1 is killed'];
    expect(untroubled.map((line) => line.replace(/^.* ms {2}/, ''))).toEqual([...before, 'everything is healed']);
    if (!alone) {
      expect(whole.seen.get(whole.settings.topics.reroute)?.flat().length).toBeGreaterThan(0);
      const rebuilds = whole.words.some(({ where, text }) => where === worker && text.startsWith('rebuilding'));
      expect(rebuilds).toBe(life.predecessor === 'half a build');
    }
    let stopped = 0;
    for (let index = 0; index < awaits; index++) {
      const { story, evidence } = await judge(planWithStop(seed, { ...life, how, index }), tally);
      // The first that was too late: nothing is stopped once everything is healed.
      if (!story.some((line) => line.includes(`${worker} is`))) break;
      stopped += 1;
      if (how === 'kill') continue;
      const [told, shards] = ['shard taken over', evidence.settings.shards];
      const taken = evidence.words.filter(({ where, text }) => where === successor && text.startsWith(told));
      for (let shard = 0; shard < shards; shard++)
        expect(
          taken.some(({ text }) => text.includes(`"shard":${shard},`)),
          `await ${index}`,
        ).toBe(true);
    }
    expect(stopped).toBeGreaterThan(least);
  });
});
