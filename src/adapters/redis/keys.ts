/**
 * Names of the keys. Everything of a shard carries the hash tag `{<application>:<shard>}`, so it lies in one slot and one script sees it at once.
 * A customer's id enters as it is: the first brace pair is ours, so braces of its own don't move it.
 */
import type { CustomerId } from '../../domain/ids.ts';

export interface ShardKeys {
  readonly prefix: string;
  /** hash: generation, next, header; building, buildingNext, buildingHeader */
  readonly meta: string;
  /** string: the owner's watermark in ms, or `none` */
  readonly own: string;
}

export function keysOf(applicationId: string, shard: number): ShardKeys {
  const prefix = `{${applicationId}:${shard}}:`;
  return { prefix, meta: `${prefix}meta`, own: `${prefix}own` };
}

/** sorted set: due in ms → customer */
export const dueKey = (keys: ShardKeys, generation: number): string => `${keys.prefix}${generation}:due`;
/** sorted set: journal offset that wrote it → reserved key of what is not a customer's */
export const totalsKey = (keys: ShardKeys, generation: number): string => `${keys.prefix}${generation}:totals`;
/** string: 8 bytes of journal offset, then the state */
export const customerPrefix = (keys: ShardKeys, generation: number): string => `${keys.prefix}${generation}:c:`;
export const customerKey = (keys: ShardKeys, generation: number, customer: CustomerId): string =>
  customerPrefix(keys, generation) + customer;

/** The generation that a key of this shard belongs to; null for meta and own. */
export function generationOf(keys: ShardKeys, key: string): number | null {
  const match = /^(\d+):(?:c:|due$|totals$)/.exec(key.slice(keys.prefix.length));
  return match === null ? null : Number(match[1]);
}
