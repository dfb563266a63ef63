/**
 * What a run leaves behind, as the checker wants it. By then the inputs have ended, all is healed and drained; the workers are stopped here, so that nothing moves while it is read.
 */
import { LIMITS } from '../../src/engine/engine.ts';
import { until } from '../../src/stack/until.ts';
import type { Evidence, Sample } from '../checker/evidence.ts';
import type { Application } from '../support/application.ts';
import type { Feed } from './feed.ts';
import type { Fleet } from './fleet.ts';
import type { Follower } from './follow.ts';
import { poisonOf } from './judge.ts';

export interface Left {
  /** with append times in its inputs */
  readonly app: Application;
  readonly fleet: Fleet;
  readonly feed: Feed;
  /** that has followed all topics from the beginning */
  readonly follower: Follower;
  /** begins another one */
  readonly follow: () => Promise<Follower>;
  readonly samples: readonly Sample[];
  readonly canary: string;
  readonly drainedAfterMs: number | null;
}

const SETTLE_SECONDS = 60;
/**
 * What an input's leader has appended is not yet its end: two followers must have it, and while one of them is frozen that lasts until it is thawed or counts no more. So
 * an end is at most so much older than the instant at which it was asked for; the clocks are one.
 */
const END_SLACK_MS = 10_000;
const POLICY = 'b2b';
const OTHER_POLICY = /the journal was written under policy \w+, the configured one is \w+\. Keep the old policy/;
const OTHER_SHARDS = /RAPPORT_SHARDS is \d+, but .* partitions\. Set it to what the topics have/s;

/** Throws when what was seen is not enough to judge by. */
export async function gather({ app, fleet, feed, follower, follow, samples, canary, drainedAfterMs }: Left): Promise<Evidence> {
  await fleet.close();
  await fleet.refused('a worker with another policy', { RAPPORT_POLICY: POLICY }, OTHER_POLICY);
  await fleet.refused('a worker with other shards', { RAPPORT_SHARDS: String(app.config.shards + 1) }, OTHER_SHARDS);
  await follower.caughtUp(SETTLE_SECONDS);
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
    // On a busy machine a connection may need more than one attempt.
    stores: await until('what is in Redis', SETTLE_SECONDS, () => app.stores()),
    samples,
    words: fleet.all.map(({ name, process }) => ({
      where: name,
      text: [process.stdout, process.stderr, ...process.lines().map((line) => JSON.stringify(line))].join('\n'),
    })),
    canaries: [canary],
    customers: [...feed.named],
    poison: poisonOf(app, reader.seen),
    endSlackMs: END_SLACK_MS,
    orderedUntil: feed.orderedUntil,
    ends: fleet.ends,
    drainedAfterMs,
  };
}
