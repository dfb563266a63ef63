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
  /** states in samples (V4) */
  samples: number;
}

export interface Run {
  readonly evidence: Evidence;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly shards: readonly Shard[];
  readonly findings: Findings;
  readonly compared: Compared;
}
