/**
 * `npm run bench:stages`: what an event costs in each stage of the worker, in CPU time and bytes allocated, and beside it the cost of a loop that does only
 * what cannot be left out. In memory, deterministic, no servers. The stages stand in docs/performance.md with their measured costs.
 */
import { Command } from 'commander';
import { positive } from '../../src/cli/options.ts';
import { makeMaterial } from './material.ts';
import { type Cost, measure } from './measure.ts';
import { stagesOf } from './stages.ts';

interface Options {
  readonly customers: number;
  readonly days: number;
  readonly events: number;
  readonly rounds: number;
  readonly json?: true;
}

const cells = ({ micros, least, most, bytes }: Cost): string =>
  `${micros.toFixed(2).padStart(7)} [${least.toFixed(2)}–${most.toFixed(2)}]`.padEnd(24) + bytes.toFixed(0).padStart(7);

async function main(options: Options): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(`${options.customers} customers over ${options.days} days are played …`);
  const material = await makeMaterial(options);
  const results = [];
  process.stdout.write(
    `${'stage'.padEnd(10)}${'µs an event'.padStart(11).padEnd(24)}  bytes   ${'limit: µs'.padStart(9).padEnd(24)}  bytes\n`,
  );
  for (const { name, does, run, limitDoes, limit } of await stagesOf(material)) {
    const cost = await measure(run, material.events, options.rounds);
    const least = await measure(limit, material.events, options.rounds);
    results.push({ name, does, ...cost, limit: { does: limitDoes, ...least } });
    process.stdout.write(`${name.padEnd(10)}${cells(cost)}   ${cells(least)}   ${does} | ${limitDoes}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ ...options, stages: results })}\n`);
}

await new Command('bench:stages')
  .description('what an event costs in each stage of the worker, beside the least that it could')
  .option('--customers <n>', 'customers who arrive over the history', positive, 20_000)
  .option('--days <n>', 'length of the history', positive, 60)
  .option('--events <n>', 'the last events, which are measured', positive, 20_000)
  .option('--rounds <n>', 'rounds that count, for each stage', positive, 9)
  .option('--json', 'print one object last')
  .action(main)
  .parseAsync();
