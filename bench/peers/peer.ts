/**
 * The peers, each as the process that a team would run. A further peer is a file beside these and a line in main's list.
 */
import { fileURLToPath } from 'node:url';
import type { Application } from '../application.ts';
import { type PeerProcess, startProcess } from '../process.ts';

export interface Peer {
  readonly name: string;
  /** Downloads and builds what it needs; once, before anything is measured. */
  prepare?(): Promise<void>;
  /** @param more variables of this process alone */
  start(app: Application, more?: Readonly<Record<string, string>>): Promise<PeerProcess>;
}

export type PeerName = 'rapport' | 'streams1' | 'streams2' | 'naive';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export const TAKEN_OVER = '"msg":"shard taken over"';
export const REBUILDING = '"msg":"rebuilding the state in Redis from the journal"';
/** only at the log level trace */
export const JOINED = 'has joined the group';
const KEPT = [TAKEN_OVER, REBUILDING, JOINED];

/** the one setting that may be given from outside, for looking at what it does */
const LOG_LEVEL: Readonly<Record<string, string>> = process.env.RAPPORT_LOG_LEVEL
  ? { RAPPORT_LOG_LEVEL: process.env.RAPPORT_LOG_LEVEL }
  : {};

/** One worker with everything on. It processes from when it holds its first shard. */
export const rapport: Peer = {
  name: 'rapport',
  start: ({ config, environment }, more = {}) =>
    startProcess({
      name: `rapport (${config.applicationId})`,
      command: [process.execPath, '--max-semi-space-size=128', pathOf('../../src/main.ts'), 'run'],
      environment: { ...environment, ...LOG_LEVEL, ...more },
      isReady: (line) => line.includes(TAKEN_OVER),
      keeps: (line) => KEPT.some((text) => line.includes(text)),
    }),
};

export const naive: Peer = {
  name: 'naive',
  start: ({ config, environment }) =>
    startProcess({
      name: `naive (${config.applicationId})`,
      command: [process.execPath, pathOf('./naive.ts')],
      environment,
      isReady: (line) => line.includes('RUNNING'),
    }),
};
