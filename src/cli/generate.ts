/**
 * `rapport generate`: the seeded world of customers (src/world) into the input topics, or into an NDJSON file without any server.
 * The same options, `--until` included, give the same events.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { Instant } from '../domain/ids.ts';
import { PRESETS, type PresetName } from '../domain/policy.ts';
import { Halt } from '../engine/errors.ts';
import { formatLine } from '../sources/ndjson.ts';
import type { WorldItem } from '../world/item.ts';
import { World } from '../world/world.ts';
import { type Common, type Context, command, guarded, print } from './command.ts';
import type { Connect } from './connections.ts';
import { openInputs } from './inputs.ts';
import { instant, positive, rate, share, whole } from './options.ts';
import { interruptible, say } from './output.ts';
import { Progress } from './progress.ts';

interface GenerateOptions extends Common {
  readonly customers: number;
  readonly days: number;
  readonly seed: number;
  readonly business: PresetName;
  readonly until?: Instant;
  readonly rate?: number;
  readonly out?: string;
  readonly late?: number;
  readonly duplicates?: number;
  readonly broken?: number;
}

interface Generated {
  readonly events: number;
  /** of event types that the configuration has no source of */
  readonly skipped: number;
  readonly interrupted: boolean;
}

const EXAMPLE = `
Without --out the events go to the input topics of the configuration, the key being the customer's id. Ctrl-C ends it after what was begun.
In a file, what is broken beyond being a record stands as a line that is none.

Example:
  $ rapport generate --customers 1000 --days 365 --seed 7 --until 2026-01-01 --out history.ndjson
  $ rapport generate --customers 1000 --days 30 --rate 200/s
`;

export function generateCommand(connect: Connect): Command {
  const generate = new Command('generate')
    .description('write a made-up, realistic history of customers to the input topics or to a file')
    .option('--customers <n>', 'customers who arrive over the history', positive, 1_000)
    .option('--days <n>', 'length of the history', positive, 365)
    .option('--seed <n>', 'seed of the history', whole, 1)
    .addOption(
      new Option('--business <kind>', 'what kind of business it is, by the policy that suits it').choices(PRESETS).default('retail'),
    )
    .option('--until <instant>', "the history's last instant, ISO 8601 or epoch ms (default: now)", instant)
    .option('--rate <n/s>', 'events a second at most (default: as fast as they are taken)', rate)
    .option('--late <share>', 'share of events that arrive late (default: 0.01)', share)
    .option('--duplicates <share>', 'share of events that arrive twice (default: 0.01)', share)
    .option('--broken <share>', 'broken events for each sound one (default: 0.001)', share)
    .option('--out <file>', 'an NDJSON file, - for stdout, instead of the topics; needs no configuration')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print what was written as one JSON object')
    .addHelpText('after', EXAMPLE);
  return generate.action((options: GenerateOptions) => {
    const world = worldOf(options, generate);
    const { out } = options;
    if (out !== undefined) return guarded(() => interruptible((stopped) => toFile(world, out, options, stopped)));
    return command(options, connect, (context) => interruptible((stopped) => toTopics(world, context, options, stopped)));
  });
}

function worldOf(
  { customers, days, seed, business, until = Date.now() as Instant, late, duplicates, broken }: GenerateOptions,
  of: Command,
): World {
  const rates = {
    ...(late !== undefined && { late }),
    ...(duplicates !== undefined && { duplicates }),
    ...(broken !== undefined && { broken }),
  };
  try {
    return new World({ customers, days, seed, business, until, ...rates });
  } catch (error) {
    if (error instanceof RangeError) of.error(`error: ${error.message}`, { exitCode: 2 });
    throw error;
  }
}

async function toTopics(world: World, context: Context, options: GenerateOptions, stopped: AbortSignal): Promise<void> {
  const { feed, types } = await openInputs(context);
  const pace = new Pace(options.rate, stopped);
  const progress = new Progress('generate', say);
  let skipped = 0;
  for (const item of world.history()) {
    if (stopped.aborted) break;
    if (!types.has(item.type)) {
      skipped += 1;
      continue;
    }
    if (pace.isAhead) {
      await feed.flush();
      await pace.wait();
    }
    await feed.send(item);
    pace.taken();
    progress.show((seconds) => `${feed.sent} events, ${Math.round(feed.sent / seconds)} events/s`);
  }
  await feed.flush();
  if (skipped > 0) say(`generate: ${skipped} events are of types that the configuration has no source of`);
  const generated: Generated = { events: feed.sent, skipped, interrupted: stopped.aborted };
  print(options, generated, `${feed.sent} events are in the topics${stopped.aborted ? '; interrupted' : ''}`);
}

/** bytes that are gathered for one write */
const WRITE_BYTES = 64 << 10;

async function toFile(world: World, file: string, options: GenerateOptions, stopped: AbortSignal): Promise<void> {
  const output = file === '-' ? process.stdout : createWriteStream(file);
  const failed = new AbortController();
  output.on('error', (error) => failed.abort(error));
  const write = async (text: string): Promise<void> => {
    if (text === '' || failed.signal.aborted) return;
    if (!output.write(text)) await once(output, 'drain', { signal: failed.signal }).catch(() => undefined);
    // stdout may take everything at once, and signals must be heard.
    await turn();
  };
  const pace = new Pace(options.rate, stopped);
  const progress = new Progress('generate', say);
  let events = 0;
  let text = '';
  for (const item of world.history()) {
    if (stopped.aborted || failed.signal.aborted) break;
    if (text.length >= WRITE_BYTES || pace.isAhead) {
      await write(text);
      text = '';
      await pace.wait();
    }
    text += `${lineOf(item)}\n`;
    events += 1;
    pace.taken();
    progress.show((seconds) => `${events} events, ${Math.round(events / seconds)} events/s`);
  }
  await write(text);
  if (output !== process.stdout && !failed.signal.aborted) {
    output.end();
    await once(output, 'close', { signal: failed.signal }).catch(() => undefined);
  }
  if (failed.signal.aborted) {
    // Whoever reads stdout may have seen enough, as `head` does.
    if (file === '-' && codeOf(failed.signal.reason) === 'EPIPE') return;
    throw new Halt(
      `${file} cannot be written (${codeOf(failed.signal.reason)}): check the path, its permissions and the space that is left`,
    );
  }
  const generated: Generated = { events, skipped: 0, interrupted: stopped.aborted };
  const said = `${events} events are in ${file === '-' ? 'stdout' : file}${stopped.aborted ? '; interrupted' : ''}`;
  if (file === '-') say(options.json ? JSON.stringify(generated) : said);
  else print(options, generated, said);
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

/** Of bytes that are no record, a line that is none either; of a record that lacks a field, the line that lacks it. */
function lineOf(item: WorldItem): string {
  if (item.raw === undefined) return formatLine(item);
  const bytes = Buffer.from(item.raw);
  return item.broken === 'missing-field' ? JSON.stringify({ type: item.type, ...JSON.parse(bytes.toString()) }) : bytes.toString('base64');
}

/** ms ahead of its time from which it is worth waiting */
const LEAST_WAIT = 20;

/** Keeps to so many events a second. */
class Pace {
  readonly #rate: number | undefined;
  readonly #stopped: AbortSignal;
  readonly #began = performance.now();
  #events = 0;

  constructor(perSecond: number | undefined, stopped: AbortSignal) {
    this.#rate = perSecond;
    this.#stopped = stopped;
  }

  taken(): void {
    this.#events += 1;
  }

  get isAhead(): boolean {
    return this.#ahead() >= LEAST_WAIT;
  }

  async wait(): Promise<void> {
    const ms = this.#ahead();
    if (ms >= LEAST_WAIT) await sleep(ms, undefined, { signal: this.#stopped }).catch(() => undefined);
  }

  #ahead(): number {
    return this.#rate === undefined ? 0 : (this.#events / this.#rate) * 1_000 - (performance.now() - this.#began);
  }
}
