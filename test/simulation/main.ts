/** `npm run simulation`: one run of the simulation to look at, or many in search of one that goes wrong. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { attempt, judge, newTally } from './judge.ts';
import { MUTANTS, planFor } from './mutants.ts';
import { type Plan, PREDECESSORS, planOf, planWithStop, type Stop } from './plan.ts';

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly repeat: number;
  readonly stop?: number;
  readonly how: 'kill' | 'freeze';
  readonly cleaned?: boolean;
  readonly predecessor?: Stop['predecessor'];
  readonly like?: string;
}

const EXAMPLE = `
Examples:
  $ npm run simulation -- --seed 17              one run, with all that happened in it
  $ npm run simulation -- --seed 1 --runs 20000  looks for a seed whose run is wrong; exit code 1 when it finds one
  $ npm run simulation -- --seed 1 --runs 2000 --repeat 100
                                                 each of them 100 times, which must be the same run every time
`;

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is needed.');
  return value;
}

async function look(plan: Plan): Promise<boolean> {
  const history: string[] = [];
  const { run, compared, faults } = await attempt(plan, history);
  const wrong = faults.length === 0 ? [] : [...faults, ...(run?.story ?? [])];
  process.stdout.write(`${[...history, JSON.stringify(compared), ...wrong].join('\n')}\n`);
  return faults.length === 0;
}

/** @param repeat how often each seed is run: the same to the last await every time */
async function search(from: number, runs: number, repeat: number): Promise<boolean> {
  const tally = newTally();
  for (let seed = from; seed < from + runs; seed++) {
    if ((seed - from) % 500 === 499) process.stderr.write(`${seed - from + 1} of ${runs} seeds\n`);
    try {
      const { fingerprint } = await judge(planOf(seed), tally);
      for (let again = 2; again <= repeat; again++) {
        const other = await judge(planOf(seed), tally);
        if (other.fingerprint !== fingerprint) throw new Error(`run ${again} differs from the first\n`);
      }
    } catch (error) {
      process.stdout.write(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
  process.stdout.write(`${tally.runs} runs, seeds from ${from} on: nothing found. ${JSON.stringify(tally.compared)}\n`);
  return true;
}

const program = new Command('simulation')
  .description('the engine on simulated servers, each run drawn from its seed')
  .requiredOption('--seed <number>', 'the run, or the first of them', whole)
  .option('--runs <number>', 'how many, each with the next seed', whole, 1)
  .option('--repeat <number>', 'each of them so often', whole, 1)
  .addOption(
    new Option('--like <mutant>', 'instead: what befalls this mutant, with the engine as it is').choices(MUTANTS.map(({ name }) => name)),
  )
  .option('--stop <index>', 'instead: one worker, stopped at this await', whole)
  .addOption(new Option('--how <how>', 'how it is stopped').choices(['kill', 'freeze']).default('kill'))
  .option('--cleaned', 'and its journal is cleaned')
  .addOption(new Option('--predecessor <left>', 'and it takes over from one that died in mid-apply').choices(PREDECESSORS))
  .addHelpText('after', EXAMPLE)
  .action(async ({ seed, runs, repeat, stop, how, cleaned = false, predecessor = null, like }: Options) => {
    const mutant = MUTANTS.find(({ name }) => name === like);
    const usual = mutant === undefined ? planOf(seed) : planFor(mutant, seed);
    const one = stop === undefined ? usual : planWithStop(seed, { index: stop, how, cleaned, predecessor });
    const right = runs > 1 || repeat > 1 ? await search(seed, runs, repeat) : await look(one);
    process.exitCode = right ? 0 : 1;
  });
await program.parseAsync();
