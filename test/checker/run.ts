/** A run as the checks look at it: the evidence, read and indexed once. */
import type { Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { Inputs } from './inputs.ts';
import type { Step, Versions } from './journal.ts';
import type { Outputs } from './outputs.ts';

export interface Shard {
  readonly shard: number;
  readonly steps: readonly Step[];
  readonly versions: Versions;
}

/** How much has been compared: a check that cannot fail shows here. */
export interface Compared {
  /** whose final state V8 has folded again */
  customers: number;
  /** that V8 has left out, since their events were not taken in order */
  skipped: number;
  /** that V2 has made again */
  steps: number;
  /** of inputs and reroute, that these took */
  records: number;
  /** records that these wrote */
  outputs: number;
  /** records that a reader during the run and one after it have both seen (V3) */
  readTwice: number;
  /** states in samples (V4) */
  samples: number;
  /** that V5 has judged, about customers and about the business */
  alerts: number;
  /** dead letters (V6) */
  letters: number;
  /** characters of logs in which words of comments were looked for (V9) */
  searched: number;
}

export const nothingCompared = (): Compared => ({
  customers: 0,
  skipped: 0,
  steps: 0,
  records: 0,
  outputs: 0,
  readTwice: 0,
  samples: 0,
  alerts: 0,
  letters: 0,
  searched: 0,
});

export interface Run {
  readonly evidence: Evidence;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly shards: readonly Shard[];
  readonly findings: Findings;
  readonly compared: Compared;
  /** of the evidence */
  readonly clockSlackMs: number;
  /** append time of the step that said a change or an alert, ms, by the record's id; V2 finds it, V5 asks */
  readonly said: Map<string, number>;
}
