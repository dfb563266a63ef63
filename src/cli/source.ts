/**
 * `rapport source try`: what the processor would make of samples of a source, before anything runs. The code that decodes is the processor's; no server
 * is asked. Samples are JSON objects, one a line or in a list, or an Avro container file.
 */
import { Command } from 'commander';
import type { EventSource } from '../config/config.ts';
import { loadSources } from '../config/load.ts';
import { LIMITS } from '../engine/engine.ts';
import { Halt } from '../engine/errors.ts';
import { type Common, guarded } from './command.ts';
import { bytesOf } from './history.ts';
import { say, table } from './output.ts';
import { readSamples, type Sample } from './samples.ts';
import { type Judged, judgeOf } from './trial.ts';

interface TryOptions extends Common {
  readonly topic?: string;
}

const EXAMPLE = `
FILE holds records as they stand in the topic: JSON objects, one a line or in a list, or an Avro container file (.avro). Each is mapped, decoded and
checked as the processor does it, and printed as the event that it becomes; errors name the field and the path. Needs the configuration's sources and
policy, and no server. Exits 1 when a sample cannot be used.

Example:
  $ rapport source try samples.ndjson --config rapport.yaml --topic orders.v1
  $ rapport source try samples.ndjson --json | tail -1
`;

export function sourceCommand(): Command {
  const attempt = new Command('try')
    .description('show what becomes of samples of a source')
    .argument('<file>', 'the samples, - for stdin')
    .option('--topic <name>', 'topic of the source (default: the only one, or the only one with a map)')
    .option('--config <file>', 'configuration file (default: that of RAPPORT_CONFIG)')
    .option('--json', 'print one JSON object a sample, and the summary as the last')
    .addHelpText('after', EXAMPLE);
  attempt.action((file: string, options: TryOptions) => guarded(() => trySamples(file, options, attempt)));
  return new Command('source').description('the sources of the configuration').addCommand(attempt);
}

async function trySamples(file: string, options: TryOptions, usage: Command): Promise<void> {
  const { sources, policy, warnings } = await loadSources(process.env, options.config);
  for (const warning of warnings) say(`source: ${warning}`);
  const source = pick(sources, options.topic, usage);
  const judge = judgeOf(source, policy, () => Date.now() + LIMITS.future);
  const summary = new Summary();
  const name = file === '-' ? 'stdin' : file;
  for await (const sample of readSamples(file, bytesOf(file))) {
    const judged = sample.fault === null ? judge(sample.value) : { outcome: 'dead' as const, ...sample.fault };
    summary.add(judged);
    process.stdout.write(`${options.json ? jsonOf(name, sample, judged) : textOf(name, sample, judged)}\n`);
  }
  if (summary.samples === 0) throw new Halt(`${name} has no samples: give it one JSON object a line, or a list of them`);
  process.stdout.write(options.json ? `${JSON.stringify(summary.value(source.topic))}\n` : `\n${summary.text()}\n`);
  if (summary.dead > 0) process.exitCode = 1;
}

function pick(sources: readonly EventSource[], topic: string | undefined, usage: Command): EventSource {
  const names = sources.map((source) => source.topic).join(', ');
  if (topic !== undefined) {
    const named = sources.find((source) => source.topic === topic);
    return named ?? usage.error(`error: no source has the topic ${topic}; there are: ${names}`, { exitCode: 2 });
  }
  const mapped = sources.filter(({ map }) => map !== undefined);
  const [only, ...others] = mapped.length > 0 ? mapped : sources;
  if (only !== undefined && others.length === 0) return only;
  return usage.error(`error: say which source by --topic; there are: ${names}`, { exitCode: 2 });
}

const placeOf = (name: string, { number, unit }: Sample): string => (unit === 'line' ? `${name}:${number}` : `${name}[${number}]`);

function textOf(name: string, sample: Sample, judged: Judged): string {
  const place = placeOf(name, sample);
  switch (judged.outcome) {
    case 'event':
      return `${place}: ${judged.line}`;
    case 'passed':
      return `${place}: passed over`;
    case 'dead':
      return `${place}: ${judged.reason}: ${judged.detail}`;
  }
}

function jsonOf(name: string, sample: Sample, judged: Judged): string {
  const at = placeOf(name, sample);
  return judged.outcome === 'event'
    ? `{"at":${JSON.stringify(at)},"outcome":"event","event":${judged.line}}`
    : JSON.stringify({ at, ...judged });
}

/** How many samples had which outcome. */
class Summary {
  readonly #events = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  samples = 0;
  passed = 0;
  dead = 0;

  add(judged: Judged): void {
    this.samples += 1;
    switch (judged.outcome) {
      case 'event':
        this.#events.set(judged.type, (this.#events.get(judged.type) ?? 0) + 1);
        break;
      case 'passed':
        this.passed += 1;
        break;
      case 'dead':
        this.dead += 1;
        this.#reasons.set(judged.reason, (this.#reasons.get(judged.reason) ?? 0) + 1);
    }
  }

  value(topic: string): object {
    const { samples, passed, dead } = this;
    return { topic, samples, events: Object.fromEntries(this.#events), passed, dead, reasons: Object.fromEntries(this.#reasons) };
  }

  text(): string {
    const rows = [...this.#events].map(([type, count]): [string, number] => [type, count]);
    if (this.passed > 0) rows.push(['passed over', this.passed]);
    for (const [reason, count] of this.#reasons) rows.push([`dead letter: ${reason}`, count]);
    return table(['outcome', '#samples'], [...rows, ['all', this.samples]]);
  }
}
