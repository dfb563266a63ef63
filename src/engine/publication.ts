/**
 * What a shard publishes beside its own steps: records made from the totals of all shards, prepared in the background, taken along by a step in its
 * transaction (I2). Boundary: the seam between steps.ts and whoever prepares; nothing here knows KPIs.
 *
 * A publication rides on the journal like everything else: its entries lie under reserved keys (codec/totals.ts), and the header says up to where the
 * other shards had been read. A publisher lives as long as one holding of the shard: what it knows beyond that, it reads again at the next takeover.
 */
import type { Instant } from '../domain/ids.ts';
import type { Engine } from './engine.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import type { OutRecord } from './ports.ts';
import type { Standing } from './takeover.ts';

export interface Publication {
  readonly records: readonly OutRecord[];
  /** under reserved keys that no other entry of a step has (so no total's), `due` null */
  readonly entries: readonly JournalEntry[];
  /** replaces the header's */
  readonly read: JournalHeader['read'];
}

export interface Publisher {
  /** Something to publish, ready; stays the same object until it is taken. */
  readonly waiting: Publication | null;
  /** The step that carried it is committed. Where that is not known the publisher is stopped instead, and the journal's header says it. */
  taken(): void;
  /** Told at each take; decides by itself when to look. Must not wait or throw. */
  tick(watermark: Instant, now: Instant): void;
  /** The shard is lost, or the worker stops: what is under way is to end unheard. */
  stop(): void;
}

export interface PublisherContext {
  readonly engine: Engine;
  /** as the takeover left it: `header.read` says what was read last */
  readonly standing: Pick<Standing, 'generation' | 'next' | 'header'>;
  /** a publication is waiting: the steps look, also when nothing else happens */
  readonly wake: () => void;
  /** Ends this holding of the shard with an error, whose type names the reaction. */
  readonly fail: (error: unknown) => void;
}

export type PublisherOf = (context: PublisherContext) => Publisher;
