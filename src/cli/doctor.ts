/**
 * `rapport doctor`: looks at everything that the processor needs, and says of each fault what follows from it and what to do. All checks run, whatever
 * others find, each within its time. Read-only: nothing is written, created, joined or claimed anywhere.
 */
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { type Common, createLog, guarded, leave, print } from './command.ts';
import type { Connect, Connections } from './connections.ts';
import { checkApplication, rebuildBytes } from './doctor-application.ts';
import { AREAS, type Check, type Verdict, within } from './doctor-check.ts';
import { readClaims } from './doctor-claims.ts';
import { checkHost } from './doctor-host.ts';
import { checkKafka } from './doctor-kafka.ts';
import type { Probe, Probes } from './doctor-ports.ts';
import { checkRedis } from './doctor-redis.ts';
import { checkRegistry } from './doctor-registry.ts';
import { COORDINATED, checkRights } from './doctor-rights.ts';
import { reportText } from './doctor-text.ts';
import { checkTopicSettings } from './doctor-topics.ts';
import { allTopics } from './topics.ts';

const EXAMPLE = `
Changes nothing: it writes no record, creates no topic, group or schema, joins no group, claims no shard. Run it where the processor is to run, with its
configuration and user, before the first start and whenever something is odd. Of Kafka's tools it names the cures with; run those as somebody who may.

Exits 0 when all is well or there are warnings only, 1 when there is a fault, 2 for wrong usage or configuration.

Example:
  $ rapport doctor
  $ rapport doctor --json | jq '.checks[] | select(.verdict == "fault")'
`;

export function doctorCommand(connect: Connect, probe: Probe): Command {
  return new Command('doctor')
    .description('check versions, reachability, rights, topics, Redis, registry, clocks; say what to do; change nothing')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print one JSON object: applicationId, verdict, counts, checks')
    .addHelpText('after', EXAMPLE)
    .action((options: Common) =>
      guarded(async () => {
        const config = await loadConfig(process.env, options.config);
        // What the clients have to say about servers that are away, the report says.
        const log = createLog(config.logLevel === 'debug' || config.logLevel === 'trace' ? config.logLevel : 'silent');
        const connections = await connect(config, log);
        const probes = probe(config, log);
        try {
          const report = reportOf(config, await examine(config, connections.value, probes.value));
          print(options, report, reportText(report));
          if (report.verdict === 'fault') process.exitCode = 1;
        } finally {
          leave();
          await Promise.allSettled([probes.stop(), connections.stop()]);
        }
      }),
    );
}

export interface Report {
  readonly applicationId: string;
  /** the worst of all */
  readonly verdict: 'ok' | 'warning' | 'fault';
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly checks: readonly Check[];
}

export function reportOf({ applicationId }: Pick<Config, 'applicationId'>, checks: readonly Check[]): Report {
  const counts = { ok: 0, warning: 0, fault: 0, skipped: 0 };
  for (const { verdict } of checks) counts[verdict] += 1;
  const sorted = AREAS.flatMap((area) => checks.filter((check) => check.area === area));
  return { applicationId, verdict: counts.fault > 0 ? 'fault' : counts.warning > 0 ? 'warning' : 'ok', counts, checks: sorted };
}

/** What of the connections is used. */
interface Asked {
  readonly logs: Pick<Connections['logs'], 'ends' | 'topicConfig'>;
  readonly store: Pick<Connections['store'], 'meta'>;
}

/** Everything at once; what several checks need is asked for once. */
export async function examine(config: Config, { logs, store }: Asked, probes: Probes): Promise<Check[]> {
  const { kafka, redis, registry } = once(probes);
  const facts = within(kafka.metadata([...allTopics(config), ...Object.values(COORDINATED)]));
  const claims = facts.then((known) => within(readClaims(config, { logs, store }, kafka, known)));
  const rebuild = claims.then(({ headers, claimed }) => (claimed.length === 0 ? 0 : rebuildBytes(headers))).catch(() => null);
  // Whoever asks for them hears of their failure.
  for (const shared of [facts, claims]) shared.catch(() => undefined);
  const areas = await Promise.all([
    checkHost(config, { redis, registry }),
    checkKafka(config, kafka, facts),
    checkRights(config, kafka, facts),
    checkTopicSettings(config, logs, facts),
    checkRedis(config, redis, rebuild),
    checkRegistry(config, registry),
    checkApplication(config, logs, kafka, facts, claims),
  ]);
  return areas.flat();
}

/** Two areas ask Redis and the registry for the same. */
function once({ kafka, redis, registry }: Probes): Probes {
  const ofRedis = redis.facts();
  const ofRegistry = registry.facts();
  for (const shared of [ofRedis, ofRegistry]) shared.catch(() => undefined);
  return { kafka, redis: { ...redis, facts: () => ofRedis }, registry: { ...registry, facts: () => ofRegistry } };
}
