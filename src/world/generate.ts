/**
 * The world as iterators: a history, and what comes after it. For `rapport generate`, the demo and tests.
 */
import type { Instant } from '../domain/ids.ts';
import type { WorldItem, WorldOptions } from './item.ts';
import { World } from './world.ts';

/** The history in order of delivery, streaming. Same options, same items. Throws RangeError for options that make no sense. */
export function* generate(options: WorldOptions): Generator<WorldItem, void, undefined> {
  yield* new World(options).history();
}

/**
 * The same world after `until`, without end, in its own time (faster than real life, if the caller wants events by the second): the
 * caller paces it and gives each item a time of its own by `retimed`. To go on right after a history, use one World: `history()`, then `live()`.
 */
export function* live(options: WorldOptions): Generator<WorldItem, never, undefined> {
  return yield* new World(options).live();
}

/** An item as if it were delivered now: times move along, and what is late stays as late. `until`: the end of the history it follows. */
export function retimed(item: WorldItem, now: Instant, until: Instant): WorldItem {
  const late = item.deliveredAt - item.record.occurredAt;
  const times = { occurredAt: now - late };
  const common = { deliveredAt: now };
  switch (item.type) {
    case 'purchase': {
      // an order of the live part had another time, which only its id leads to
      const { orderedAt } = item.record;
      return {
        ...item,
        ...common,
        record: { ...item.record, ...times, orderedAt: orderedAt !== null && orderedAt > until ? null : orderedAt },
      };
    }
    case 'support':
      return { ...item, ...common, record: { ...item.record, ...times } };
    case 'survey':
      return { ...item, ...common, record: { ...item.record, ...times } };
    case 'engagement':
      return { ...item, ...common, record: { ...item.record, ...times } };
    case 'attributes':
      return { ...item, ...common, record: { ...item.record, ...times } };
  }
}
