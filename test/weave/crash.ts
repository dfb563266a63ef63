/**
 * What a process does when it passes an armed crash point: says so, then dies, throws, freezes or never goes on.
 */
import { writeSync } from 'node:fs';

/**
 * `kill`: SIGKILL to itself. `throw`: an error that no part of the engine knows. `stop`: SIGSTOP to itself; who sends SIGCONT lets it go on where it stood.
 * `hang`: neither this passage nor a later one comes back, all else goes on.
 */
export type Fault = 'kill' | 'throw' | 'stop' | 'hang';

export interface Armed {
  readonly point: string;
  /** fires at this passage of the point in the process, from 1 on */
  readonly passage: number;
  readonly fault: Fault;
}

/** The log line, as pino writes them, that tells that a point has fired. */
export const FIRED = 'crash point';

const never = (): Promise<never> => new Promise(() => {});

/** What is to be `globalThis.crashPoint`. */
export function armed({ point, passage, fault }: Armed): (name: string) => Promise<void> {
  let passages = 0;
  return async (name) => {
    if (name !== point) return;
    passages += 1;
    if (passages < passage || (passages > passage && fault !== 'hang')) return;
    if (passages === passage)
      writeSync(2, `${JSON.stringify({ level: 30, time: new Date().toISOString(), msg: FIRED, point, passage, fault })}\n`);
    switch (fault) {
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        return never();
      case 'throw':
        throw new Error(`${FIRED} ${point}`);
      case 'stop':
        process.kill(process.pid, 'SIGSTOP');
        return;
      case 'hang':
        return never();
    }
  };
}
