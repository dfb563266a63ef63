/**
 * `rapport doctor`: Redis. Whether each node answers, its version, cluster and replicas, and what this user may do. Its memory is doctor-memory.ts's.
 */
import type { Config } from '../config/config.ts';
import { bytesText, type Check, Checks, listText, plural } from './doctor-check.ts';
import { cli, keptOf, policyOf, roomOf } from './doctor-memory.ts';
import type { RedisFacts, RedisNode, RedisProbe } from './doctor-ports.ts';

const checks = new Checks('redis');

const UNREACHED = [
  'Look whether Redis runs and whether this host may reach it; correct RAPPORT_REDIS_URL (user, password, host, port, `rediss://` for TLS).',
];

/** @param rebuild how much of the journal would have to be read again to build all states anew, bytes; null when it is not known */
export async function checkRedis(config: Config, redis: RedisProbe, rebuild: Promise<number | null>): Promise<Check[]> {
  const [facts, rights] = await Promise.all([
    checks.attempt('server', UNREACHED, async () => factsOf(config, await redis.facts(), await rebuild)),
    checks.attempt('rights', [], async () => rightsOf(config, await redis.refused())),
  ]);
  const away = facts.some(({ check, verdict }) => check === 'server' && verdict === 'fault');
  return away ? [...facts, checks.skipped('rights', 'Redis cannot be asked')] : [...facts, ...rights];
}

function factsOf(config: Config, { cluster, nodes }: RedisFacts, rebuild: number | null): Check[] {
  const there = nodes.filter((node): node is RedisNode => !('error' in node));
  const found = nodes.flatMap((node) => ('error' in node ? [awayOf(node)] : []));
  const masters = there.filter(({ role }) => role === 'master');
  const each = (check: (node: RedisNode) => Check | null): Check[] => masters.flatMap((node) => check(node) ?? []);
  const first = masters[0] ?? there[0];
  if (first === undefined) return found;
  const one =
    cluster === null ? '' : `, cluster of ${plural(masters.length, 'master')} and ${plural(there.length - masters.length, 'replica')}`;
  const ping = Math.max(...there.map(({ pingMs }) => pingMs));
  found.push(checks.ok('server', `Redis ${listText([...new Set(there.map(({ version }) => version))])} at ${first.node}${one}`));
  found.push(
    pingOf(ping),
    ...each(versionOf),
    ...(cluster === null ? roleOf(first) : clusterOf(cluster)),
    ...there.flatMap((node) => linkOf(config, node)),
  );
  const policies = each((node) => policyOf(config, node));
  found.push(...(policies.length > 0 ? policies : [checks.ok('maxmemory-policy', 'noeviction')]));
  const rooms = each((node) => roomOf(config, node));
  const used = masters.reduce((sum, { memory }) => sum + memory.used, 0);
  const most = masters.reduce((sum, { memory }) => sum + memory.max, 0);
  found.push(
    ...(rooms.length > 0
      ? rooms
      : [checks.ok('memory', `${bytesText(used)} used${most > 0 ? ` of ${bytesText(most)}` : ', no maxmemory'}`)]),
  );
  found.push(...together(each((node) => keptOf(config, node, rebuild))), replicasOf(masters));
  return found;
}

const awayOf = ({ node, role, error }: Pick<RedisNode, 'node' | 'role'> & { readonly error: string }): Check =>
  role === 'master'
    ? checks.fault(`node ${node}`, 'no answer', error, ...UNREACHED)
    : checks.warning(`node ${node}`, 'a replica, no answer', `It could not take over from its master. ${error}`, ...UNREACHED);

const SLOW_MS = 10;

function pingOf(ping: number): Check {
  const found = `PING answered in ${ping.toFixed(1)} ms`;
  if (ping <= SLOW_MS) return checks.ok('latency', found);
  return checks.warning(
    'latency',
    found,
    'Every step waits for Redis twice: the shards are slower by that.',
    'Put Redis and the workers into one network or zone; look for slow commands of others with `redis-cli slowlog get`.',
  );
}

const versionOf = ({ node, version, tooOld }: RedisNode): Check | null =>
  tooOld
    ? checks.fault(
        `version, ${node}`,
        version,
        'No worker starts: scripts and commands that it needs are not there.',
        'Run Redis 6.2 or later.',
      )
    : null;

function replicasOf(masters: readonly RedisNode[]): Check {
  const replicas = masters.reduce((sum, node) => sum + node.replicas, 0);
  if (replicas === 0) return checks.ok('replicas', 'none; not needed: the journal has it all');
  return checks.ok('replicas', `${replicas}, of ${plural(masters.length, 'master')}`);
}

/** What was found of several nodes alike, once. */
function together(found: readonly Check[]): Check[] {
  const groups = Map.groupBy(found, ({ check, found: what, verdict }) => `${verdict} ${check} ${what}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, todo: [...new Set([first, ...others].flatMap(({ todo }) => todo))] }],
  );
}

function roleOf({ node, role }: RedisNode): Check[] {
  if (role === 'master') return [];
  return [
    checks.fault(
      `role, ${node}`,
      'a replica',
      'It takes no writes.',
      'Name the master in RAPPORT_REDIS_URL, or an address that always leads to it.',
    ),
  ];
}

const SLOTS = 16_384;

function clusterOf({ state, slots }: { readonly state: string; readonly slots: number }): Check[] {
  if (state === 'ok' && slots === SLOTS) return [checks.ok('cluster', `state ok, all ${SLOTS} slots served`)];
  return [
    checks.fault(
      'cluster',
      `state ${state}, ${slots} of ${SLOTS} slots served`,
      'Shards in the slots that nobody serves wait.',
      'Look which master is missing with `redis-cli --cluster check HOST:PORT`; bring it back, or `redis-cli --cluster fix HOST:PORT`.',
    ),
  ];
}

const linkOf = (config: Config, { node, linked }: RedisNode): Check[] =>
  linked
    ? []
    : [
        checks.warning(
          `replica ${node}`,
          'not connected to its master',
          'It could not take over as it is.',
          `${cli(config, node)} INFO replication`,
          'Look into its log.',
        ),
      ];

function rightsOf(
  { applicationId }: Config,
  { rules, writes }: { readonly rules: readonly string[]; readonly writes: string | null },
): Check[] {
  const found: Check[] = [];
  if (rules.length > 0)
    found.push(
      checks.fault(
        'rights',
        `missing: ${listText(rules, 6)}`,
        'Workers stop at the first command that Redis refuses.',
        `redis-cli ACL SETUSER <user> ${rules.map((rule) => (rule.startsWith('~') ? `'~{${applicationId}:*'` : rule)).join(' ')}`,
      ),
    );
  if (writes !== null)
    found.push(
      checks.fault('writes', 'refused', `Redis says: ${writes}`, 'Mend what it names: until then processing waits. Nothing is lost.'),
    );
  return found.length > 0 ? found : [checks.ok('rights', 'all that is needed')];
}
