/**
 * The way between a worker and the servers in memory. Boundary: everything that would cross a network goes through it, so that a simulation can delay, lose
 * and reorder it, and knows every await at which a worker can die; tests that want none of this use DIRECT.
 */
import { setImmediate as turn } from 'node:timers/promises';

export interface Link {
  /**
   * A request, its effect at the server, the answer. Rejects with what the effect throws, and with Retryable when the answer does not come; the effect may
   * have happened all the same, or happen later.
   */
  call<T>(what: string, effect: () => T): Promise<T>;
  /** A little later, at the client: the next fetch, a heartbeat, what its group has decided. */
  soon(what: string, action: () => void): void;
}

/** Nothing is lost, in order, no time passes: a request takes effect at once, and its answer comes a turn of the event loop later. */
export const DIRECT: Link = {
  call: async (_, effect) => {
    try {
      return effect();
    } finally {
      await turn();
    }
  },
  soon: (_, action) => {
    setImmediate(action);
  },
};
