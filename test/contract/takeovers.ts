/**
 * Steps committed through doubt, as the engine does it: after any outcome but `committed` a new sink, a claim, and a look at the journal whether the step is there.
 * Whatever happens meanwhile, each step is then there once and in order, in the journal and in every partition of the outputs (I2, I12).
 */
import { expect } from 'vitest';
import type { TransactionalSink } from '../../src/engine/ports.ts';
import type { World } from './harness.ts';
import { record, texts, until } from './recorder.ts';
import { journalOf, NOW } from './steps.ts';

/** Looking at the journal may ask a broker that is frozen, which costs some seconds, now and then twice in a row. */
const DEADLINE_MS = 200_000;
const CLAIM = 'claim';
const OF_EACH = 3;

export interface Progress {
  /** in the journal */
  readonly steps: number;
  /** outcomes that were not `committed` */
  readonly doubts: number;
  /** the longest that a step took to its outcome */
  readonly slowestMs: number;
}

/** Writes to every partition of `topic` in each step, while `more` steps are wanted. */
export async function commitThroughDoubt(
  world: World,
  topic: string,
  patience: number,
  more: (progress: Progress) => boolean,
): Promise<Progress> {
  const deadline = performance.now() + DEADLINE_MS;
  let [steps, doubts, slowestMs, claims] = [0, 0, 0, 0];
  let why: unknown;
  let sink: TransactionalSink | null = null;

  /** Once a claim is committed, all before it is decided, and the journal tells which step is next. */
  const takeOver = async (): Promise<TransactionalSink | null> => {
    const opened = await world.sinks.open(0).catch((error: unknown) => {
      why = error; // brokers are away for a moment; the deadline bounds it
      return null;
    });
    if (opened === null) return null;
    const claim = `${CLAIM} ${++claims}`;
    const claimed = await opened.commit([Buffer.from(claim)], [], NOW);
    if (claimed.outcome !== 'committed') {
      why = claimed.cause;
      await opened.close();
      return null;
    }
    let journal: string[] = [];
    await until('the claim', patience, async () => {
      // A broker that hangs makes the looking fail, too: it is repeated, within the bound.
      journal = texts(await world.read(journalOf(world, 0)).catch(() => []));
      return journal.includes(claim);
    });
    steps = stepsOf(journal).length;
    return opened;
  };

  for (;;) {
    if (performance.now() > deadline) throw new Error(`only ${steps} steps in time, with ${doubts} doubts`, { cause: why });
    // Before it is asked whether there is more to do, so that the last step is decided, too.
    sink ??= await takeOver();
    if (sink === null) continue;
    if (!more({ steps, doubts, slowestMs })) break;
    const records = Array.from({ length: world.shards * OF_EACH }, (_, n) =>
      record(topic, n % world.shards, `${steps}.${Math.floor(n / world.shards)}`),
    );
    const begun = performance.now();
    const done = await sink.commit([Buffer.from(String(steps))], records, NOW);
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    if (done.outcome === 'committed') {
      steps += 1;
      continue;
    }
    why = done.cause;
    doubts += 1;
    await sink.close();
    sink = null;
  }
  await sink.close();
  return { steps, doubts, slowestMs };
}

const stepsOf = (journal: readonly string[]): string[] => journal.filter((text) => !text.startsWith(CLAIM));

export async function expectEachOnce(world: World, topic: string, patience: number, steps: number): Promise<void> {
  const expected = Array.from({ length: steps }, (_, i) => String(i));
  const journal = async (): Promise<string[]> => stepsOf(texts(await world.read(journalOf(world, 0))));
  await until('the last step', patience, async () => (await journal()).includes(String(steps - 1)));
  expect(await journal()).toEqual(expected);
  for (let partition = 0; partition < world.shards; partition++) {
    const written = expected.flatMap((step) => Array.from({ length: OF_EACH }, (_, i) => `${step}.${i}`));
    expect(texts(await world.read({ topic, partition }))).toEqual(written);
  }
}
