/** One question at a time, however many ask, and its answer for all who ask within a moment: so that askers do not load what is asked. */

/** @param freshMs for which an answer, or a failure, is good enough; counted from when it came */
export function shared<T>(ask: () => Promise<T>, freshMs: number): () => Promise<T> {
  let asked: Promise<T> | null = null;
  let goodUntil = Number.NEGATIVE_INFINITY;
  return () => {
    if (asked !== null && performance.now() < goodUntil) return asked;
    goodUntil = Number.POSITIVE_INFINITY;
    asked = ask().finally(() => {
      goodUntil = performance.now() + freshMs;
    });
    return asked;
  };
}
