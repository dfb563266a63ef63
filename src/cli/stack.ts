/**
 * `rapport stack up`: the local stack in the foreground, for trying things out and for tests from outside.
 * Its first line on stdout are the addresses; progress and faults go to stderr.
 */
import { Command, Option } from 'commander';
import { stackUp } from '../stack/index.ts';

interface UpOptions {
  readonly brokers: '1' | '3';
  readonly redis: 'single' | 'cluster';
  readonly json?: true;
}

const EXAMPLE = `
Addresses in RAPPORT_KAFKA_BROKERS, RAPPORT_REDIS_URL and RAPPORT_REGISTRY_URL are used as they are; what is not given runs in
Docker if an engine is there, else as child processes.

Example:
  $ npm run --silent rapport -- stack up --json
  {"kafka":"127.0.0.1:20001","redis":"redis://127.0.0.1:20002","registry":"http://127.0.0.1:20003/apis/ccompat/v7"}
`;

export function stackCommand(): Command {
  const up = new Command('up')
    .description('start Kafka, Redis and a schema registry, print their addresses, stay until interrupted')
    .addOption(new Option('--brokers <number>', 'Kafka brokers').choices(['1', '3']).default('1'))
    .addOption(
      new Option('--redis <mode>', 'one server, or a cluster of 3 masters and 3 replicas').choices(['single', 'cluster']).default('single'),
    )
    .option('--json', 'print the addresses as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action(stayUp);
  return new Command('stack').description('the local stack: real servers for trying things out').addCommand(up);
}

async function stayUp(options: UpOptions): Promise<void> {
  const log = (line: string): void => void process.stderr.write(`stack: ${line}\n`);
  const interrupted = firstInterrupt();
  // An interruption during the start ends the process; what it had begun ends with it (src/stack/watchdog.ts).
  const starting = stackUp({ brokers: options.brokers === '3' ? 3 : 1, redis: options.redis, log });
  const stack = await Promise.race([starting, interrupted]);
  if (stack === 'interrupted') process.exit(0);

  const { kafka, redis, registry } = stack.value;
  const line = options.json ? JSON.stringify({ kafka, redis, registry }) : `kafka ${kafka}  redis ${redis}  registry ${registry}`;
  process.stdout.write(`${line}\n`);
  log('up; Ctrl-C stops it');
  await interrupted;
  await stack.stop();
}

/** Further signals change nothing: on Ctrl-C npm sends a second one after the terminal's. */
function firstInterrupt(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    // Until the first signal this timer is also what keeps the process in the foreground.
    const awake = setInterval(() => undefined, 3_600_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        clearInterval(awake);
        resolve('interrupted');
      });
    }
  });
}
