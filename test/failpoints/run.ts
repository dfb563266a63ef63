/**
 * Runs cases on servers that they share, each case an application of its own; says how each one went. For `npm run chaos -- --failpoints`.
 */
import { startFolder } from '../../src/stack/folder.ts';
import { stackUp } from '../../src/stack/index.ts';
import { startRedis } from '../../src/stack/redis.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { comparedOf } from '../chaos/report.ts';
import { allCases, type Case, POINTS } from './cases.ts';
import { type Ground, type Result, runFailpoint } from './scenario.ts';
import { keepSchemas } from './schemas.ts';

export interface FailpointsOptions {
  /** all crash points, or those named */
  readonly which: 'all' | readonly string[];
  readonly seed: number;
  readonly log: (line: string) => void;
  /** a line of JSON for each case, and one at the end, instead of text */
  readonly json: boolean;
}

/** cases at a time: most of one is waiting for time-outs */
const AT_ONCE = 3;

/** What is wrong with the result of a case; null: nothing. */
export function faultOf({ reached, ordered, violations, compared }: Result): string | null {
  if (!reached || compared === null) return 'the crash point was not reached';
  const least = Math.min(compared.steps, compared.outputs, ordered ? compared.customers : 1);
  if (least === 0) return `there was little to check: ${comparedOf(compared)}`;
  return violations.length === 0 ? null : violations.map(({ check, where, what }) => `${check} ${where}: ${what}`).join('\n');
}

/** Resolves with the number of cases that failed. */
export async function runFailpoints({ which, seed, log, json }: FailpointsOptions): Promise<number> {
  const unknown = which === 'all' ? [] : which.filter((name) => !POINTS.includes(name));
  if (unknown.length > 0) throw new Error(`no such crash point: ${unknown.join(', ')}; there are ${POINTS.join(', ')}`);
  const cases = allCases(seed).filter(({ point }) => which === 'all' || which.includes(point));
  const begun = performance.now();
  const ground = await startGround(log);
  let done = 0;
  let failed = 0;
  const runOne = async (one: Case): Promise<void> => {
    const from = performance.now();
    let compared: Result['compared'] = null;
    const fault = await runFailpoint(one, ground.value, seed).then(
      (result) => {
        compared = result.compared;
        return faultOf(result);
      },
      (error: unknown) => messageOf(error),
    );
    const seconds = Math.round((performance.now() - from) / 100) / 10;
    done += 1;
    if (fault !== null) failed += 1;
    if (json) log(JSON.stringify({ ...one, seed, seconds, compared, fault }));
    else
      log(
        `${done}/${cases.length} ${fault === null ? 'ok    ' : 'FAILED'} ${one.name} (${seconds} s; ${comparedOf(compared)})${fault === null ? '' : `\n${fault}`}`,
      );
  };
  try {
    const waiting = [...cases];
    const lane = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await runOne(one);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  } finally {
    await ground.stop();
  }
  const seconds = Math.round((performance.now() - begun) / 1_000);
  log(
    json
      ? JSON.stringify({ cases: cases.length, failed, seed, seconds })
      : `failpoints: ${cases.length} cases, ${failed} failed, seed ${seed}, ${seconds} s`,
  );
  return failed;
}

const messageOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** One Kafka and one registry, a single Redis and a Redis Cluster. */
async function startGround(log: (line: string) => void): Promise<Resource<Ground>> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const resource of started.splice(0).reverse()) await resource.stop();
  };
  const keep = <T extends { stop(): Promise<void> }>(resource: T): T => {
    started.push(resource);
    return resource;
  };
  try {
    const folder = keep(await startFolder('failpoints')).value;
    const single = keep(await stackUp({ brokers: 1, redis: 'single', log })).value;
    keep(await keepSchemas(single.registry));
    const cluster = keep(await startRedis({ mode: 'cluster', log })).value;
    return { value: { servers: { single, cluster: { ...single, redis: cluster.url } }, folder }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
