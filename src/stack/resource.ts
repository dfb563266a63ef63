/**
 * What a started thing looks like here and everywhere: `{ value, stop }`. Started together, stopped in reverse.
 */
export interface Resource<T> {
  readonly value: T;
  /** Ends it and waits until it has ended; a second call does nothing more. */
  stop(): Promise<void>;
}

/** Starts all at once. When one fails, those that did start are stopped before its error is thrown. */
export async function startTogether<T>(starts: readonly (() => Promise<Resource<T>>)[]): Promise<Resource<T[]>> {
  const settled = await Promise.allSettled(starts.map((start) => start()));
  const started = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((each) => each.stop()));
  };
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { value: started.map((each) => each.value), stop };
}
