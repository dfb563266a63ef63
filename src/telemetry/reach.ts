/** Whether a server is there, from the calls that are made anyway, and how long they take. Boundary: sees only how a call ends; it changes nothing about it. */
import { performance } from 'node:perf_hooks';
import { Retryable } from '../engine/errors.ts';

/** ms without an answer after which a server counts as away */
const PATIENCE = 5_000;

export class Reach {
  readonly #open = new Set<{ readonly since: number }>();
  #last: boolean | null = null;

  /** Null before the first call has ended. */
  up(now: number = performance.now()): boolean | null {
    for (const { since } of this.#open) if (now - since > PATIENCE) return false;
    return this.#last;
  }

  async watch<T>(call: () => Promise<T>, took: (ms: number) => void): Promise<T> {
    const open = { since: performance.now() };
    this.#open.add(open);
    try {
      const value = await call();
      this.#last = true;
      took(performance.now() - open.since);
      return value;
    } catch (error) {
      // Whoever refuses, or is asked for what is wrong, is there.
      this.#last = !(error instanceof Retryable);
      throw error;
    } finally {
      this.#open.delete(open);
    }
  }
}

/**
 * The port with its calls watched, each as what it is called. Long work in the background (`sweep`, `stop`) says nothing about the server.
 * @param timed names of calls whose time is observed
 */
export function watched<T extends object>(
  port: T,
  reach: Reach,
  timed: readonly (keyof T & string)[],
  observe: (call: string, ms: number) => void = () => {},
): T {
  const known = new Map<PropertyKey, unknown>();
  const made = (name: PropertyKey, method: (...args: unknown[]) => unknown): unknown => {
    if (name === 'sweep' || name === 'stop') return method.bind(port);
    const took = timed.some((each) => each === name) ? (ms: number): void => observe(String(name), ms) : (): void => {};
    return (...args: unknown[]): Promise<unknown> => reach.watch(async () => method.apply(port, args), took);
  };
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      let call = known.get(name);
      if (call === undefined) {
        call = made(name, (...args) => Reflect.apply(value, target, args));
        known.set(name, call);
      }
      return call;
    },
  });
}
