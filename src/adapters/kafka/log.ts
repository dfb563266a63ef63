/**
 * The client's log, told to ours. Everything of its log that matters also reaches the adapter as an error or an event, and the adapter reports that;
 * so what is an error to it is a line for debugging here, and only named fields pass: never a key, a value or a payload.
 */
import type { LogEntry } from 'kafkajs';
import type { Logger } from 'pino';

const FIELDS = [
  'broker',
  'clientId',
  'topic',
  'partition',
  'groupId',
  'memberId',
  'nodeId',
  'error',
  'retryCount',
  'retryTime',
  'duration',
] as const;

/** kafkajs's own numbers: 1 error, 2 warn, 4 info, 5 debug. */
const LEVELS: Readonly<Record<number, 'debug' | 'trace'>> = { 1: 'debug', 2: 'debug', 4: 'trace', 5: 'trace' };

/** A pino level that is worth asking kafkajs for: its debug lines are costly to build. */
export function clientLevel(log: Logger): number {
  if (log.isLevelEnabled('trace')) return 5;
  return log.isLevelEnabled('debug') ? 2 : 0;
}

export const logCreator = (log: Logger) => () => (entry: LogEntry) => {
  const level = LEVELS[entry.level];
  if (level === undefined) return;
  const fields: Record<string, unknown> = { part: entry.namespace };
  for (const name of FIELDS) {
    const value: unknown = entry.log[name];
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
  }
  log[level](fields, `kafkajs: ${entry.log.message}`);
};
