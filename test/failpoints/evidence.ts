/**
 * What a case has left behind on real servers, for the checker. Boundary: gathers, judges nothing.
 */
import { LIMITS } from '../../src/engine/engine.ts';
import { until } from '../../src/stack/until.ts';
import { type Follower, startFollower } from '../chaos/follow.ts';
import { poisonOf } from '../chaos/judge.ts';
import type { Evidence } from '../checker/evidence.ts';
import type { Application } from '../support/application.ts';

const FOLLOW_SECONDS = 20;
const STORES_SECONDS = 20;
/** There is one broker, whose end is what it has appended, and its clock is the workers'. */
const END_SLACK_MS = 1_000;

/** A reader of all topics as they grow; start it before the first worker. @param marks a folder for those who must delete nothing before it has read it */
export function follow({ config, admin }: Application, marks?: string): Promise<Follower> {
  const topics = [...new Set([...config.sources.map(({ topic }) => topic), ...Object.values(config.topics)])];
  return startFollower({ kafka: config.kafka, admin, topics, marks });
}

type Told = Pick<Evidence, 'words' | 'ends' | 'drainedAfterMs' | 'samples' | 'canaries' | 'customers' | 'orderedUntil'>;

/** Call it when no worker runs any more. The inputs have append times. */
export async function evidenceOf(app: Application, follower: Follower, told: Told): Promise<Evidence> {
  const again = await follow(app);
  try {
    // On a busy machine a connection may need more than one attempt.
    const stores = await until('what is in Redis', STORES_SECONDS, () => app.stores());
    for (const reader of [follower, again]) await reader.caughtUp(FOLLOW_SECONDS);
    const kept = again.seen;
    return {
      settings: app.config,
      decoder: app.decoder,
      encoder: app.encoder,
      limits: { foldedCells: LIMITS.foldedCells, future: LIMITS.future },
      publishes: true,
      seen: follower.seen,
      kept,
      stores,
      poison: poisonOf(app, kept),
      endSlackMs: END_SLACK_MS,
      ...told,
    };
  } finally {
    await again.stop();
  }
}
