/**
 * What every command that works on the servers does the same: configuration, logger, connections, clear errors, exit codes.
 * 0 done, 1 failed, 2 wrong usage or configuration; whoever is interrupted ends with 0 when nothing was cut short.
 */
import { pino } from 'pino';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import { Halt, Retryable } from '../engine/errors.ts';
import type { Connect, Connections } from './connections.ts';

/** ms after the end of a command until its process ends, whatever still holds it */
const LEAVE_MS = 2_000;

export interface Common {
  readonly json?: true;
  readonly config?: string;
}

export interface Context {
  readonly config: Config;
  readonly connections: Connections;
  readonly log: pino.Logger;
}

/** Logs go to stderr as JSON lines, so that stdout is what a command answers. */
export const createLog = (level: Config['logLevel']): pino.Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));

/** Runs a command on the servers of the configuration. */
export function command(options: Common, connect: Connect, action: (context: Context) => Promise<void>): Promise<void> {
  return guarded(async () => {
    const config = await loadConfig(process.env, options.config);
    const log = createLog(config.logLevel);
    for (const warning of config.warnings) log.warn({}, warning);
    const connections = await connect(config, log);
    try {
      await action({ config, connections: connections.value, log });
    } finally {
      await connections.stop();
      leave();
    }
  });
}

/** A client library may leave a connection or a timer behind when nothing of ours is under way any more: the process ends all the same. */
export function leave(): void {
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}

/** Turns what a person can mend into one message and an exit code; a defect keeps its stack. */
export async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const known = error instanceof ConfigError || error instanceof Halt || error instanceof Retryable;
    const text = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`rapport: ${text}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

/** The answer of a command: one JSON object, or text for people. */
export function print(options: Common, value: unknown, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);
}

/** Resolves at the first SIGINT or SIGTERM; further ones change nothing (on Ctrl-C npm sends a second one after the terminal's). */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
}
