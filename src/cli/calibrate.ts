/**
 * `rapport calibrate`: a policy derived from a business's own history (src/model), played over it; or, with `--play`, a given policy played and
 * nothing derived. Boundary: reads, prints and writes; every number is the model's. docs/calibration.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { isPreset, parsePolicy } from '../config/policy.ts';
import { dayOf, type Instant, startOfDay } from '../domain/ids.ts';
import { type Policy, PRESETS, type PresetName } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import { Halt } from '../engine/errors.ts';
import { calibrate } from '../model/calibrate.ts';
import { MOST_EVENTS } from '../model/calibrate-gather.ts';
import { evidenceOf, goalsOf } from '../model/calibrate-goals.ts';
import { play } from '../model/play.ts';
import { Unfit } from '../model/unfit.ts';
import { type Gathered, readEvents } from './calibrate-file.ts';
import { goalsText, headOf, type Report, sizesText } from './calibrate-text.ts';
import { readTopics } from './calibrate-topics.ts';
import { type Common, command, guarded, print } from './command.ts';
import type { Connect } from './connections.ts';
import { FORMATS, type Format } from './history.ts';
import { instant, positive } from './options.ts';
import { say } from './output.ts';
import { Progress } from './progress.ts';

interface CalibrateOptions extends Common {
  readonly fromTopics?: true;
  readonly preset?: PresetName;
  /** a policy file, or the name of a preset */
  readonly play?: string;
  readonly until?: Instant;
  readonly format: Format;
  readonly mostEvents: number;
  readonly out?: string;
}

const EXAMPLE = `
FILE is NDJSON of every kind of event, as rapport load takes it and generate --out writes it, or CSV of purchases with a header
customer_id,date,amount, of which only what purchases say can be derived. A year of history is needed, two are better.

Example:
  $ rapport calibrate history.ndjson --out policy.yaml
  $ rapport calibrate --from-topics --config rapport.yaml --out policy.yaml
  $ rapport calibrate history.ndjson --play policy.yaml
  $ rapport calibrate history.ndjson --play b2b --json
`;

export function calibrateCommand(connect: Connect): Command {
  const calibrating = new Command('calibrate')
    .description("derive a policy from a business's own history, and play it over that history")
    .argument('[file]', 'NDJSON or CSV, - for stdin')
    .option('--from-topics', 'read the input topics of the configuration instead of a file')
    .addOption(new Option('--preset <name>', 'what is not derived (default: retail, or that of the configuration)').choices(PRESETS))
    .option('--play <policy>', 'derive nothing: play this policy file, or the preset of this name')
    .option('--until <date>', 'last day of the history, included; later events are left out (default: that of the last event)', instant)
    .addOption(new Option('--format <name>', 'of the file; auto looks at the first line').choices(FORMATS).default('auto'))
    .option('--most-events <n>', 'events held in memory: above, customers are sampled', positive, MOST_EVENTS)
    .option('--out <file>', 'write the policy file')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print the whole result as one JSON object')
    .addHelpText('after', EXAMPLE);
  return calibrating.action((file: string | undefined, options: CalibrateOptions) => {
    if ((file === undefined) === (options.fromTopics === undefined))
      calibrating.error('error: give either a file or --from-topics', { exitCode: 2 });
    if (options.play !== undefined && options.out !== undefined)
      calibrating.error('error: --play derives nothing that --out could write', { exitCode: 2 });
    const now = Date.now() as Instant;
    if (file === undefined)
      return command(options, connect, async (context) => {
        const { policy } = context.config;
        const subject = await subjectOf(options, policy);
        await work(await readTopics(context, now, options.mostEvents), subject, options);
      });
    return guarded(async () => {
      const subject = await subjectOf(options, null);
      const { policy, given } = subject;
      const reading = { format: options.format, policy, keepsMoney: given, now, mostEvents: options.mostEvents };
      await work(await readEvents(file, reading), subject, options);
    });
  });
}

/** What is played, or begun with. */
interface Subject {
  readonly policy: Policy;
  readonly name: string;
  /** the policy is to be taken as it is, its currency too */
  readonly given: boolean;
}

async function subjectOf({ play: played, preset }: CalibrateOptions, configured: Policy | null): Promise<Subject> {
  if (played !== undefined && !isPreset(played)) {
    const parsed = parsePolicy(await read(played), played);
    for (const warning of parsed.warnings) say(`calibrate: ${warning}`);
    return { policy: parsed.policy, name: played, given: true };
  }
  if (played === undefined && preset === undefined && configured !== null)
    return { policy: presets[configured.preset], name: `the preset ${configured.preset}`, given: false };
  const name = played ?? preset ?? 'retail';
  return { policy: presets[name], name: `the preset ${name}`, given: false };
}

async function work(gathered: Gathered, subject: Subject, options: CalibrateOptions): Promise<void> {
  const { gathering, currency } = gathered;
  const warnings = [...gathered.warnings];
  if (gathering.newest === null) throw new Halt('the history has no events');
  if (gathering.share < 1)
    warnings.push(`the history is longer than ${options.mostEvents} events: one customer in ${1 / gathering.share} was taken, whole`);
  const until = (startOfDay(dayOf(options.until ?? (gathering.newest as Instant)) + 1) - 1) as Instant;
  const timelines = gathering.timelines();
  const progress = new Progress('calibrate', say);
  const show = (what: string, customers: number): void => progress.show(() => `${what}: ${customers} of ${timelines.size} customers`);
  const history = { until: new Date(until).toISOString().slice(0, 10), sampledShare: gathering.share };

  if (options.play !== undefined) {
    const policy = subject.given ? subject.policy : { ...subject.policy, currency };
    if (policy.currency !== currency)
      throw new Halt(`the amounts are in ${currency}, and ${subject.name} is in ${policy.currency}: give a policy in ${currency}`);
    if (policy.value.percentile !== null)
      warnings.push('value.percentile: its thresholds follow the population of a running application; here value.high holds throughout');
    const played = play(timelines, policy, until, (customers) => show('playing', customers));
    answer(options, { policy, played, warnings, derived: [], history }, `${subject.name}, played over the history`);
    return;
  }
  const { preset } = subject.policy;
  try {
    const found = calibrate(timelines, { preset, currency, until, progress: show });
    warnings.push(...found.warnings);
    const report = { ...found, warnings, history };
    if (options.out !== undefined) await write(options.out, found.text(headOf(report)));
    answer(options, report, options.out === undefined ? found.text(headOf(report)) : `the policy is in ${options.out}`);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new Halt(error.message, { cause: error });
  }
}

function answer(options: CalibrateOptions, report: Report, said: string): void {
  const { policy, played, derived, warnings, history } = report;
  const { active, groups, openedBy, ...counts } = played;
  const goals = goalsOf(played);
  for (const warning of warnings) say(`calibrate: ${warning}`);
  for (const { name, why, met } of goals) if (!met) say(`calibrate: ${name}: ${why}`);
  const evidence = evidenceOf(played);
  const value = { policy, groups, active: active.length, ...counts, openedBy, evidence, goals, derived, warnings, ...history };
  print(options, value, [said.trimEnd(), sizesText(played), goalsText(goals)].join('\n\n'));
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(file, 'read', error);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw unusable(file, 'written', error);
  }
}

function unusable(file: string, what: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  return new Halt(`${file} cannot be ${what} (${String(error.code)}): check the path and its permissions`, { cause: error });
}
