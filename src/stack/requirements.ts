/**
 * What the child processes need from the system, looked at before anything starts. What is missing is installed only as root and after
 * saying so; else there is one error that names all of it with the cure.
 */
import { isCached } from './cache.ts';
import type { Log } from './process.ts';
import { runTool, tryTool } from './tool.ts';

const JAVA_MAJOR = 17;

export interface Needs {
  readonly kafka: boolean;
  readonly redis: boolean;
  readonly registry: boolean;
}

interface Missing {
  readonly what: string;
  /** Debian's package */
  readonly package: string;
  /** can be done without: redis-program.ts knows another way */
  readonly optional: boolean;
}

/** Downloads that only Maven can make, by their names in the cache. */
export const KAFKA_JARS = 'kafka-4.1.0';
export const REGISTRY_PROGRAM = 'apicurio-2.6.13.Final';

let queue: Promise<void> = Promise.resolve();

/** Resolves when the programs are there. Rejects with an error that lists what is missing and what to do. One at a time: apt-get locks. */
export function meetRequirements(needs: Partial<Needs>, log: Log): Promise<void> {
  const mine = queue.then(() => meet(needs, log));
  queue = mine.catch(() => undefined); // its caller gets the error; the next one looks for itself
  return mine;
}

async function meet(needs: Partial<Needs>, log: Log): Promise<void> {
  const missing = await findMissing(needs);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && (await tryTool(['apt-get', '--version'])) !== null) {
    await installPackages([...new Set(missing.map((each) => each.package))], log);
  }
  const still = (await findMissing(needs)).filter((each) => !each.optional);
  if (still.length > 0) throw new Error(explain(still));
}

async function findMissing(needs: Partial<Needs>): Promise<Missing[]> {
  const missing: Missing[] = [];
  if (needs.kafka || needs.registry) {
    const java = javaMajor(await tryTool(['java', '-version']));
    const found = java === null ? '' : ` (found ${java})`;
    if (java === null || java < JAVA_MAJOR) {
      missing.push({ what: `Java ${JAVA_MAJOR} or newer${found}`, package: 'default-jre-headless', optional: false });
    }
  }
  const toDownload = (needs.kafka && !isCached(KAFKA_JARS)) || (needs.registry && !isCached(REGISTRY_PROGRAM));
  if (toDownload && (await tryTool(['mvn', '--version'])) === null) missing.push({ what: 'Maven', package: 'maven', optional: false });
  if (needs.redis && (await tryTool(['redis-server', '--version'])) === null) {
    const wheel = process.platform === 'linux' && (await tryTool(['python3', '-m', 'pip', '--version'])) !== null;
    missing.push({ what: 'redis-server', package: 'redis-server', optional: wheel });
  }
  return missing;
}

/** 17 of `openjdk version "17.0.15"`, 8 of `java version "1.8.0_202"` */
function javaMajor(banner: string | null): number | null {
  const found = /version "(?:1\.)?(\d+)/.exec(banner ?? '');
  return found === null ? null : Number(found[1]);
}

/** Debian's, by apt-get; what goes wrong is said. */
export async function installPackages(packages: readonly string[], log: Log): Promise<void> {
  log(`not installed here: ${packages.join(', ')}; installing with apt-get, as root`);
  // RUNLEVEL=1: the package must not start a service of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await runTool(['apt-get', 'update', '-qq'], { env });
    await runTool(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env, finishAlone: true });
  } catch (error) {
    log(`apt-get did not succeed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const explain = (missing: readonly Missing[]): string =>
  `The local stack cannot start. Missing: ${missing.map((each) => each.what).join(', ')}.
Any one of these helps:
- install it (Debian, Ubuntu: apt-get install ${missing.map((each) => each.package).join(' ')}; macOS: brew install openjdk maven redis)
- start Docker: the stack then runs from docker-compose.yml
- name running servers: RAPPORT_KAFKA_BROKERS=host:port RAPPORT_REDIS_URL=redis://host:port RAPPORT_REGISTRY_URL=http://host:port/path`;
