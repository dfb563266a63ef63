/**
 * The checker: reads all that a run has left behind, and says what must not be (V1–V10). Boundary: independent of how the run was made; it shares with the
 * engine the pure core, which V8 does not trust, and the codecs.
 */
import { checkAgreement } from './agreement.ts';
import { checkChains } from './chain.ts';
import { checkDrain, checkEnds } from './ends.ts';
import { checkEpisodes } from './episodes.ts';
import type { CheckName, Evidence, Violation } from './evidence.ts';
import { Findings } from './findings.ts';
import { readInputs } from './inputs.ts';
import { stepsOf, versionsOf } from './journal.ts';
import { checkLetters } from './letters.ts';
import { readOutputs } from './outputs.ts';
import { checkPublications } from './publications.ts';
import { checkReaders } from './readers.ts';
import { type Compared, nothingCompared, type Run } from './run.ts';
import { checkSteps } from './steps.ts';
import { checkStores } from './store.ts';
import { Taken } from './taken.ts';
import { checkWords } from './words.ts';

/** by which a broker's clock may be set back under a running worker, unless the evidence knows better */
const CLOCK_SLACK_MS = 1_000;

export interface Checked {
  /** some twenty of each check at most; none: the run was right */
  readonly violations: readonly Violation[];
  readonly compared: Readonly<Compared>;
}

/** Throws only what the decoder throws when the registry is away. */
export async function check(evidence: Evidence): Promise<Checked> {
  const run = await read(evidence);
  const { findings, compared } = run;
  const taken = new Taken(run.inputs, evidence.settings.shards, findings.of('V1'));
  const checks: readonly (readonly [CheckName, () => void])[] = [
    ['V1', () => checkChains(run)],
    ['V2', () => checkSteps(run, taken)],
    ['V2', () => checkPublications(run)],
    ['V3', () => checkReaders(run)],
    ['V4', () => checkStores(run)],
    ['V5', () => checkEpisodes(run, taken)],
    ['V6', () => checkLetters(run, taken)],
    ['V7', () => checkDrain(run, findings.of('V7'))],
    ['V8', () => checkAgreement(run, taken)],
    ['V9', () => checkWords(run)],
    ['V10', () => checkEnds(evidence, findings.of('V10'))],
  ];
  for (const [name, of] of checks) findings.guard(name, 'the run', of);
  return { violations: findings.violations, compared };
}

async function read(evidence: Evidence): Promise<Run> {
  const { settings, seen } = evidence;
  const findings = new Findings();
  const journals = seen.get(settings.topics.journal) ?? [];
  const shards = Array.from({ length: settings.shards }, (_, shard) => {
    const steps = stepsOf(journals[shard] ?? [], `${settings.topics.journal}-${shard}`, findings.of('V1'));
    return { shard, steps, versions: versionsOf(steps) };
  });
  return {
    evidence,
    inputs: await readInputs(evidence),
    outputs: readOutputs(evidence, findings),
    shards,
    findings,
    compared: nothingCompared(),
    clockSlackMs: evidence.clockSlackMs ?? CLOCK_SLACK_MS,
    said: new Map(),
  };
}
