/**
 * `npm run chaos`: runs of random chaos on real servers, one cluster for all of them. Exits with 1 when any run was not right.
 */
import { Command } from 'commander';
import { positive, whole } from '../../src/cli/options.ts';
import { runFailpoints } from '../failpoints/run.ts';
import { startCluster } from './cluster.ts';
import { failed, keep, lineOf, missingLine, missingOf, summaryOf } from './report.ts';
import { runChaos } from './run.ts';

interface Options {
  readonly seconds: number;
  readonly runs: number;
  readonly seed: number;
  readonly only?: RegExp;
  readonly cleaner?: 'on' | 'off';
  readonly json?: true;
  readonly keep?: string;
  readonly failpoints?: string;
}

/** Two troubles have their turn in each run: in so many runs all do, with some to spare. */
const COVERING = 20;

const EXAMPLE = `
Three Kafka brokers, a Redis Cluster of 3 + 3 and a schema registry are started as child processes, and hurt while two or three workers run.
The same seed hurts the same things in the same order. Run i of a call has seed S + i.
Of ${COVERING} runs and more, each trouble must have befallen one, and each role of a broker must have been hit.

Example:
  $ npm run chaos -- --seconds 120 --runs 20 --seed 1 --keep chaos-out
`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function runs(options: Options): Promise<void> {
  if (options.failpoints !== undefined) return failpoints(options.failpoints, options);
  say('starting three brokers, six Redis nodes and a registry');
  const cluster = await startCluster((line) => say(`stack: ${line}`));
  const results = [];
  try {
    for (let i = 0; i < options.runs; i++) {
      const seed = options.seed + i;
      await cluster.value.heal();
      const result = await runChaos({
        cluster: cluster.value,
        seed,
        seconds: options.seconds,
        only: options.only ?? null,
        peace: true,
        ...(options.cleaner === undefined ? {} : { cleaner: options.cleaner === 'on' }),
        say: (line) => say(`run ${i + 1} of ${options.runs} (seed ${seed}): ${line}`),
      });
      results.push(result);
      if (failed(result)) process.exitCode = 1;
      if (options.keep !== undefined && failed(result)) await keep(result, options.keep);
      if (!options.json) process.stdout.write(`${failed(result) ? summaryOf(result) : lineOf(result)}\n`);
    }
  } finally {
    await cluster.stop();
  }
  if (options.only === undefined && results.length > 1) {
    // Of JSON the other stream stays JSON.
    if (options.json) say(missingLine(results));
    else process.stdout.write(`${missingLine(results)}\n`);
    if (results.length >= COVERING && missingOf(results).length > 0) process.exitCode = 1;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results.map(({ logs: _, ...rest }) => rest))}\n`);
}

async function failpoints(points: string, { seed, json }: Options): Promise<void> {
  const which = points === 'all' ? points : points.split(',');
  const count = await runFailpoints({ which, seed, json: json === true, log: (line) => process.stdout.write(`${line}\n`) });
  if (count > 0) process.exitCode = 1;
}

const onOff = (text: string): 'on' | 'off' => {
  if (text !== 'on' && text !== 'off') throw new Error('It is on or off.');
  return text;
};

await new Command('chaos')
  .description('random chaos on real servers, judged by the checker')
  .option('--seconds <n>', 'how long each run is hurt', positive, 120)
  .option('--runs <n>', 'how many runs', positive, 1)
  .option('--seed <n>', 'seed of the first run', whole, 1)
  .option('--only <pattern>', 'only troubles whose names match', (text) => new RegExp(text))
  .option('--cleaner <on|off>', 'whether journals are cleaned; drawn from the seed unless given', onOff)
  .option(
    '--failpoints <points>',
    'instead of chaos: `all` crash points, or names with commas between, × every fault × both kinds of Redis',
  )
  .option('--json', 'the results as JSON instead of lines')
  .option('--keep <folder>', 'where the evidence of a run that was not right is kept')
  .addHelpText('after', EXAMPLE)
  .action(runs)
  .parseAsync();
// A consumer that lost its broker while it was stopped can leave a loop behind in the client library, which must not hold up whoever waits for the exit code.
process.exit();
