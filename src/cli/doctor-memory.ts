/**
 * `rapport doctor`: what Redis does with its memory: whether it may drop keys, how much room there is, what survives a restart.
 */
import type { Config } from '../config/config.ts';
import { bytesText, type Check, Checks } from './doctor-check.ts';
import type { RedisNode } from './doctor-ports.ts';
import { durationText } from './output.ts';

const checks = new Checks('redis');

/** Its password, if it has one, is asked for or taken from REDISCLI_AUTH. */
export function cli({ redis }: Config, node: string): string {
  const colon = node.lastIndexOf(':');
  return `redis-cli -h ${node.slice(0, colon)} -p ${node.slice(colon + 1)}${redis.tls === null ? '' : ' --tls'}`;
}

export function policyOf(config: Config, { node, policy, mayEvict, evicted }: RedisNode): Check | null {
  if (mayEvict)
    return checks.fault(
      `maxmemory-policy, ${node}`,
      `${policy}, wanted noeviction`,
      'When its memory is full Redis would silently drop customers. No worker starts.',
      `${cli(config, node)} CONFIG SET maxmemory-policy noeviction`,
      'The same in redis.conf, or in the parameter group of a managed service.',
    );
  if (evicted === 0) return null;
  return checks.warning(
    `dropped keys, ${node}`,
    `${evicted} since it started`,
    'Under another maxmemory-policy before, Redis has dropped keys. If customers of this application were among them, their states are missing.',
    `To be sure, stop the workers, remove the keys {${config.applicationId}:*, and start the workers: they build the states anew from the journal.`,
  );
}

/** Shares of what there is. */
const CLOSE = 0.8;
const FULL = 0.98;

export function roomOf(config: Config, { node, memory: { used, max, system } }: RedisNode): Check | null {
  const most = max > 0 ? max : system;
  const share = most === 0 ? 0 : used / most;
  if (share < CLOSE) return null;
  const found = `${bytesText(used)} of ${bytesText(most)} (${Math.floor(share * 100)} %)`;
  const raise =
    max > 0
      ? [
          `${cli(config, node)} CONFIG SET maxmemory ${Math.ceil((used * 2) / 2 ** 20)}mb`,
          'The same in redis.conf. Where the machine has no more, a larger one, or a cluster.',
        ]
      : ['Give the machine more memory, or use a cluster; and set maxmemory somewhat below what it has, or the system ends Redis.'];
  if (share >= FULL && max > 0)
    return checks.fault(`memory, ${node}`, found, 'Redis takes no more writes: processing waits. Nothing is lost.', ...raise);
  return checks.warning(
    `memory, ${node}`,
    found,
    'Every new customer takes some hundred bytes to some kilobytes. When it is full, processing waits.',
    ...raise,
  );
}

/** Bytes of journal that one worker builds states from in a second: measured on two cores that were busy otherwise. */
const REBUILT = 10 << 20;

/** Nothing is lost without: it is only a matter of time. */
export function keptOf(config: Config, { node, appendOnly, snapshots, persisting }: RedisNode, rebuild: number | null): Check {
  if (!persisting)
    return checks.warning(
      `persistence, ${node}`,
      'its last write to disk failed',
      'With `stop-writes-on-bgsave-error` Redis takes no writes while that lasts, and processing waits.',
      'Look into the log of Redis: most often its disk is full, or memory for the copy of a snapshot is missing.',
    );
  if (appendOnly) return checks.ok('persistence', 'append-only file');
  if (snapshots !== null && snapshots !== '')
    return checks.ok('persistence', `snapshots (${snapshots}); what is later comes from the journal`);
  const size =
    rebuild === null
      ? ''
      : rebuild === 0
        ? ' (empty now)'
        : ` (some ${bytesText(rebuild)} to read, about ${durationText(Math.max(1_000, (rebuild / REBUILT) * 1_000))} for one worker)`;
  return checks.warning(
    'persistence',
    snapshots === null ? 'no append-only file; snapshots are not told' : 'none',
    `Nothing can be lost by that. After a restart of Redis every shard builds its states anew from the journal${size}; until then changes wait and readers of Redis find nothing.`,
    'Leave it as it is, if that is quick enough for you. Otherwise, and the same in redis.conf:',
    `${cli(config, node)} CONFIG SET appendonly yes`,
  );
}
