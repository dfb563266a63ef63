/** `npm run simulation`: one run of the simulation to look at, or many in search of one that goes wrong. */
import { Command, InvalidArgumentError } from 'commander';
import { check } from '../checker/check.ts';
import { judge, newTally, told } from './judge.ts';
import { type Plan, planOf, planWithStop } from './plan.ts';
import { simulate } from './simulation.ts';

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly stop?: number;
  readonly how: 'kill' | 'freeze';
  readonly cleaned?: true;
}

const EXAMPLE = `
Examples:
  $ npm run simulation -- --seed 17              one run, with all that happened in it
  $ npm run simulation -- --seed 1 --runs 20000  looks for a seed whose run is wrong; exit code 1 when it finds one
`;

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is needed.');
  return value;
}

async function look(plan: Plan): Promise<boolean> {
  const run = await simulate(plan, true);
  const { violations, compared } = await check(run.evidence);
  process.stdout.write(`${run.history.join('\n')}\n${JSON.stringify(compared)}\n`);
  if (violations.length > 0) process.stdout.write(told(plan, run, violations));
  return violations.length === 0;
}

async function search(from: number, runs: number): Promise<boolean> {
  const tally = newTally();
  for (let seed = from; seed < from + runs; seed++) {
    if (tally.runs % 500 === 499) process.stderr.write(`${tally.runs + 1} of ${runs} runs\n`);
    try {
      await judge(planOf(seed), tally);
    } catch (error) {
      process.stdout.write(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
  process.stdout.write(`${runs} runs, seeds from ${from} on: nothing found. ${JSON.stringify(tally.compared)}\n`);
  return true;
}

const program = new Command('simulation')
  .description('the engine on simulated servers, each run drawn from its seed')
  .requiredOption('--seed <number>', 'the run, or the first of them', whole)
  .option('--runs <number>', 'how many, each with the next seed', whole, 1)
  .option('--stop <index>', 'instead: one worker, stopped at this await', whole)
  .option('--how <how>', 'how it is stopped: kill or freeze', 'kill')
  .option('--cleaned', 'and its journal is cleaned')
  .addHelpText('after', EXAMPLE)
  .action(async ({ seed, runs, stop, how, cleaned }: Options) => {
    const one = stop === undefined ? planOf(seed) : planWithStop(seed, stop, how, cleaned === true);
    const right = runs > 1 ? await search(seed, runs) : await look(one);
    process.exitCode = right ? 0 : 1;
  });
await program.parseAsync();
