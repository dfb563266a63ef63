/**
 * What a run leaves behind, as the checker wants it. By then the inputs have ended, all is healed and drained; the workers are stopped here, so that nothing moves while it is read.
 */
import { LIMITS } from '../../src/engine/engine.ts';
import type { Evidence, Partitions, Sample } from '../checker/evidence.ts';
import type { Application } from '../support/application.ts';
import { POISON } from './feed.ts';
import type { Fleet } from './fleet.ts';
import type { Follower } from './follow.ts';

export interface Left {
  readonly app: Application;
  readonly fleet: Fleet;
  /** that has followed all topics from the beginning */
  readonly follower: Follower;
  /** begins another one */
  readonly follow: () => Promise<Follower>;
  readonly samples: readonly Sample[];
  readonly canary: string;
  readonly drainedAfterMs: number | null;
}

const SETTLE_SECONDS = 60;
const POLICY = 'b2b';
const OTHER_POLICY = /the journal was written under policy \w+, the configured one is \w+\. Keep the old policy/;
const OTHER_SHARDS = /RAPPORT_SHARDS is \d+, but .* partitions\. Set it to what the topics have/s;

/** Throws when what was seen is not enough to judge by. */
export async function gather({ app, fleet, follower, follow, samples, canary, drainedAfterMs }: Left): Promise<Evidence> {
  await fleet.close();
  await fleet.refused('a worker with another policy', { RAPPORT_POLICY: POLICY }, OTHER_POLICY);
  await fleet.refused('a worker with other shards', { RAPPORT_SHARDS: String(app.config.shards + 1) }, OTHER_SHARDS);
  await follower.caughtUp(SETTLE_SECONDS);
  if (follower.missed.length > 0) throw new Error(`the follower was too slow for the cleaner in ${follower.missed.join(', ')}`);
  const reader = await follow();
  try {
    await reader.caughtUp(SETTLE_SECONDS);
  } finally {
    await reader.stop();
  }
  return {
    settings: app.config,
    decoder: app.decoder,
    encoder: app.encoder,
    limits: { foldedCells: LIMITS.foldedCells, future: LIMITS.future },
    publishes: true,
    seen: follower.seen,
    kept: reader.seen,
    stores: await app.stores(),
    samples,
    words: fleet.all.map(({ name, process }) => ({
      where: name,
      text: [process.stdout, process.stderr, ...process.lines().map((line) => JSON.stringify(line))].join('\n'),
    })),
    canaries: [canary],
    poison: poisonOf(reader.seen),
    ends: fleet.ends,
    drainedAfterMs,
  };
}

/** By the mark that the feed gave them, so that it does not matter what a producer was told. */
function poisonOf(topics: ReadonlyMap<string, Partitions>): Evidence['poison'] {
  return [...topics].flatMap(([topic, partitions]) =>
    partitions.flatMap((records, partition) =>
      records.filter(({ headers }) => headers.some(({ key }) => key === POISON)).map(({ offset }) => ({ topic, partition, offset })),
    ),
  );
}
