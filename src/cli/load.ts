/**
 * `rapport load`: an NDJSON file of any size into the input topics, line by line, in order within each customer. A line that is no record is
 * reported and passed over; what a record may mean beyond its schema, the processor decides (it has dead letters for that).
 */
import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { Command } from 'commander';
import { Halt } from '../engine/errors.ts';
import { parseLine } from '../sources/ndjson.ts';
import { type Common, type Context, command, print } from './command.ts';
import type { Connect } from './connections.ts';
import { type Inputs, openInputs, Unencodable } from './inputs.ts';
import { type Line, readLines } from './lines.ts';
import { interruptible, say } from './output.ts';
import { Progress } from './progress.ts';

interface LoadOptions extends Common {
  readonly strict?: true;
}

/** A record must fit into one batch of a topic with the brokers' default bound, 1 MiB. */
const MOST_LINE = 1_000_000;
const READ_BYTES = 512 << 10;
/** What waits to be sent: it may all be of one partition, and is then one batch. */
const MOST_WAITING = 512 << 10;

const EXAMPLE = `
One line is { "type": "purchase", …the fields of the schema }, with occurredAt as epoch ms or ISO 8601. Exits 1 when a line was refused, or when it
was interrupted: it says at which line, and all lines before that are in the topics.

Example:
  $ rapport load history.ndjson
  $ zcat history.ndjson.gz | rapport load -
`;

export function loadCommand(connect: Connect): Command {
  return new Command('load')
    .description('write the events of an NDJSON file to the input topics')
    .argument('<file>', 'the file, - for stdin')
    .option('--strict', 'stop at the first line that is no record')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print { lines, written, refused } as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action((file: string, options: LoadOptions) =>
      command(options, connect, (context) => interruptible((stopped) => load(file, context, options, stopped))),
    );
}

async function load(file: string, context: Context, options: LoadOptions, stopped: AbortSignal): Promise<void> {
  const name = file === '-' ? 'stdin' : file;
  const chunks = bytesOf(file, stopped);
  // The first bytes before anything is connected: a wrong path is said at once.
  const first = await chunks.next();
  const loader = new Loader(name, await openInputs(context), options.strict === true, stopped);
  if (!first.done) await loader.take(readLines(joined(first.value, chunks), MOST_LINE));
  const { lines, written, refused, last } = loader;
  if (stopped.aborted) say(`load: interrupted after ${name}:${last}`);
  if (stopped.aborted || refused > 0) process.exitCode = 1;
  print(options, { lines, written, refused }, `${lines} lines, ${written} written, ${refused} refused`);
}

class Loader {
  readonly #name: string;
  readonly #inputs: Inputs;
  readonly #strict: boolean;
  readonly #stopped: AbortSignal;
  readonly #progress = new Progress('load', say);
  #waiting = 0;
  /** lines that are not blank */
  lines = 0;
  refused = 0;
  /** number of the last line taken */
  last = 0;

  constructor(name: string, inputs: Inputs, strict: boolean, stopped: AbortSignal) {
    this.#name = name;
    this.#inputs = inputs;
    this.#strict = strict;
    this.#stopped = stopped;
  }

  get written(): number {
    return this.#inputs.feed.sent;
  }

  async take(chunks: AsyncIterable<readonly Line[]>): Promise<void> {
    for await (const lines of chunks) {
      for (const line of lines) {
        if (this.#stopped.aborted) break;
        const fault = await this.#line(line);
        if (fault === null) continue;
        this.refused += 1;
        say(`${this.#name}:${line.number}: ${fault}`);
        if (!this.#strict) continue;
        await this.#flush();
        return;
      }
      // Whatever has come so far is sent before more is waited for.
      await this.#flush();
      this.#progress.show((seconds) => `${this.written} events, ${Math.round(this.written / seconds)} events/s`);
      if (this.#stopped.aborted) return;
    }
  }

  /** Why the line was refused, or null. */
  async #line({ number, text, fault }: Line): Promise<string | null> {
    this.lines += 1;
    this.last = number;
    if (text === null) return fault;
    const parsed = parseLine(text);
    if (parsed.outcome === 'dead') return `${parsed.reason}: ${parsed.detail}`;
    if (!this.#inputs.types.has(parsed.value.type)) return `the configuration has no source of ${parsed.value.type}`;
    const bytes = Buffer.byteLength(text);
    if (this.#waiting + bytes > MOST_WAITING) await this.#flush();
    this.#waiting += bytes;
    try {
      await this.#inputs.feed.send(parsed.value);
    } catch (error) {
      if (!(error instanceof Unencodable)) throw error;
      return `invalid-record: ${error.message}`;
    }
    return null;
  }

  async #flush(): Promise<void> {
    this.#waiting = 0;
    await this.#inputs.feed.flush();
  }
}

/** The file's bytes; ends early when stopped. Throws Halt when it cannot be read. */
async function* bytesOf(file: string, stopped: AbortSignal): AsyncGenerator<Buffer, void> {
  const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES });
  addAbortSignal(stopped, stream);
  try {
    yield* stream;
  } catch (error) {
    if (stopped.aborted) return;
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Halt(`${file} cannot be read (${String(error.code)}): check the path and its permissions`, { cause: error });
  }
}

async function* joined(first: Buffer, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  yield first;
  yield* rest;
}
