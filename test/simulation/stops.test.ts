/**
 * A worker stopped at every await of its life, one run for each: killed; or frozen until its session and its transaction have run out and another has taken over all that it
 * had, so that at each await a zombie wakes up beside its successor. (What it is frozen in is a life without other troubles; schedules.test.ts mixes them.)
 */
import { describe, expect, it } from 'vitest';
import { judge, newTally } from './judge.ts';
import { planWithStop } from './plan.ts';

const SEED = 5;
/** further ones would be of the drain, when everything is healed */
const LEAST = 200;

describe.each([false, true])('with the cleaner: %s', (cleaned) => {
  it.each(['kill', 'freeze'] as const)('I2 I3 I5 %s at each await', { timeout: 600_000 }, async (how) => {
    const tally = newTally();
    const { awaits } = await judge(planWithStop(SEED, -1, how, cleaned), tally);
    expect(tally.befell.get(`a worker is ${how === 'kill' ? 'killed' : 'frozen'}`)).toBeUndefined();
    let stopped = 0;
    for (let index = 0; index < awaits; index++) {
      const { story, evidence } = await judge(planWithStop(SEED, index, how, cleaned), tally);
      // The first that was too late: nothing is stopped once everything is healed.
      if (!story.some((line) => line.includes('worker 1 is'))) break;
      stopped += 1;
      if (how === 'kill') continue;
      const [told, shards] = ['shard taken over', evidence.settings.shards];
      const successor = evidence.words.filter(({ where, text }) => where === 'worker 2' && text.startsWith(told));
      for (let shard = 0; shard < shards; shard++)
        expect(
          successor.some(({ text }) => text.includes(`"shard":${shard},`)),
          `await ${index}`,
        ).toBe(true);
    }
    expect(stopped).toBeGreaterThan(LEAST);
  });
});
