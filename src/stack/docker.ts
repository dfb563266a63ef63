/**
 * The stack in containers, from docker-compose.yml: a project of its own on free loopback ports, so that two of them do not meet.
 */
import { fileURLToPath } from 'node:url';
import { brokersKnownBy, redisCommand } from './ask.ts';
import { freePorts } from './ports.ts';
import type { Log } from './process.ts';
import { demandBackward, registryUrl } from './registry.ts';
import type { Needs } from './requirements.ts';
import type { Resource } from './resource.ts';
import { runTool, tryTool } from './tool.ts';
import { until } from './until.ts';
import { atEnd } from './watchdog.ts';

const FILE = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));
const ASK_SECONDS = 5;
const READY_SECONDS = 90;

export interface Addresses {
  readonly kafka: string;
  readonly redis: string;
  readonly registry: string;
}

/** Is there an engine that answers, and compose with it? */
export async function dockerRuns(): Promise<boolean> {
  if ((await tryTool(['docker', 'info'], { seconds: ASK_SECONDS })) === null) return false;
  return (await tryTool(['docker', 'compose', 'version'], { seconds: ASK_SECONDS })) !== null;
}

/** The services that are needed; the addresses of the others are free ports on which nothing answers. */
export async function startContainers(needs: Needs, log: Log): Promise<Resource<Addresses>> {
  const [kafka = 0, redis = 0, registry = 0] = await freePorts(3);
  const project = `rapport-${kafka}`;
  const compose = ['docker', 'compose', '-f', FILE, '-p', project];
  const down = [...compose, 'down', '-v', '--timeout', '1'];
  const env = { ...process.env, RAPPORT_KAFKA_PORT: `${kafka}`, RAPPORT_REDIS_PORT: `${redis}`, RAPPORT_REGISTRY_PORT: `${registry}` };
  const services = [needs.kafka && 'kafka', needs.redis && 'redis', needs.registry && 'registry'].filter((each) => each !== false);

  const release = atEnd(down);
  const stop = async (): Promise<void> => {
    await runTool(down, { env });
    release();
  };
  try {
    log(`starting ${services.join(', ')} with docker compose (project ${project})`);
    await runTool([...compose, 'up', '-d', '--wait', ...services], { env });
    const soon = (what: string, probe: () => Promise<boolean>): Promise<true> =>
      until(`the container ${what} to be ready`, READY_SECONDS, async () => ((await probe()) ? true : undefined));
    if (needs.kafka) await soon('kafka', async () => (await brokersKnownBy(kafka)) === 1);
    if (needs.redis) await soon('redis', async () => (await redisCommand(redis, 'PING')) === 'PONG');
    if (needs.registry) await soon('registry', () => demandBackward(registryUrl(registry)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { value: { kafka: `127.0.0.1:${kafka}`, redis: `redis://127.0.0.1:${redis}`, registry: registryUrl(registry) }, stop };
}
