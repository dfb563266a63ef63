/** What is told of a run that goes wrong: forced, by plans that no engine could get through. */
import { readFileSync, unlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { judge, newTally } from './judge.ts';
import { CANARY, type Plan, planOf } from './plan.ts';
import { simulate } from './simulation.ts';

const SEED = 4;

/** The message of the error, and what is in the file that it names, which is gone then. */
async function toldOf(plan: Plan): Promise<{ readonly told: string; readonly kept: string }> {
  const error: unknown = await judge(plan, newTally()).catch((cause: unknown) => cause);
  const told = error instanceof Error ? error.message : '';
  const file = /^The whole history: (.+)$/m.exec(told)?.[1];
  if (file === undefined) throw new Error(`no file is named: ${told}`);
  const kept = readFileSync(file, 'utf8');
  unlinkSync(file);
  return { told, kept };
}

it('a run that the checker objects to is told with its faults, its story, the end of its history, a file with all of it, and its command', async () => {
  // A customer whose id is a word that only comments may have: it stands in all that is said of him.
  const usual = planOf(SEED);
  const [first, ...rest] = usual.history;
  if (first?.event.type !== 'purchase') throw new Error('the first event is no purchase: take another seed');
  const event = { ...first.event, record: { ...first.event.record, customerId: CANARY } };
  const plan: Plan = { ...usual, history: [{ ...first, event }, ...rest] };
  const { told, kept } = await toldOf(plan);
  const history: string[] = [];
  const { story } = await simulate(plan, history);
  expect(told).toMatch(/^V9 {2}sim\.\S+@\d+: holds words of a customer’s comment$/m);
  for (const line of story) expect(told).toContain(line);
  expect(told).toContain(history.slice(-300).join('\n'));
  expect(told).not.toContain(history.slice(-301).join('\n'));
  expect(kept).toBe(`${history.join('\n')}\n`);
  expect(told).toMatch(new RegExp(`: npm run simulation -- --seed ${SEED}$`, 'm'));
  expect(told).not.toContain('A second run');
});

it('a run that breaks is told with its error, what there was until then, and its command', async () => {
  const usual = planOf(SEED);
  const [first] = usual.live;
  if (first === undefined) throw new Error('there is no live event');
  const { told, kept } = await toldOf({ ...usual, live: [{ ...first, partition: 99 }] });
  expect(told).toMatch(/^the run broke: Error: /m);
  expect(kept).toMatch(/world: an event\n$/);
  expect(told).toMatch(new RegExp(`: npm run simulation -- --seed ${SEED}$`, 'm'));
});
