/**
 * A schema registry on loopback: Apicurio, which speaks the Confluent protocol below `/apis/ccompat/v7`. Its data survive `restart`.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { startFolder } from './folder.ts';
import { freePorts } from './ports.ts';
import { type Log, type Server, startServer } from './process.ts';
import { meetRequirements, REGISTRY_PROGRAM } from './requirements.ts';
import type { Resource } from './resource.ts';
import { runTool } from './tool.ts';

const VERSION = '2.6.13.Final';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
const JAR = `apicurio-registry-app-${VERSION}-runner.jar`;
const REQUEST_MS = 2000;

export interface Registry {
  /** with its path, as clients want it */
  readonly url: string;
  readonly server: Server;
}

/** Resolves when it answers and refuses incompatible schemas (BACKWARD). */
export async function startRegistry(options: { readonly log: Log }): Promise<Resource<Registry>> {
  await meetRequirements({ registry: true }, options.log);
  const program = await registryProgram(options.log);
  const [port = 0] = await freePorts(1);
  const url = registryUrl(port);
  const data = await startFolder('registry');
  const database = `jdbc:h2:file:${join(data.value, 'registry')}`;
  try {
    const { value: server, stop } = await startServer({
      name: 'Schema registry',
      port,
      command: [
        'java',
        ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...[`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1'],
        ...[`-Dregistry.datasource.url=${database}`, `-Dquarkus.datasource.jdbc.url=${database}`],
        ...['-jar', join(program, JAR)],
      ],
      folder: data.value,
      logFile: 'registry.log',
      ready: () => demandBackward(url),
      log: options.log,
    });
    return {
      value: { url, server },
      stop: async () => {
        await stop();
        await data.stop();
      },
    };
  } catch (error) {
    await data.stop();
    throw error;
  }
}

export const registryUrl = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`;

/** Sets the global compatibility, which Apicurio starts without; true when the registry has accepted it. */
export async function demandBackward(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  return answer.ok;
}

/** The folder of the unpacked program. */
function registryProgram(log: Log): Promise<string> {
  return cached(REGISTRY_PROGRAM, async (folder) => {
    log(`downloading the schema registry Apicurio ${VERSION} with Maven (142 MB, once)`);
    const download = join(folder, 'download');
    await mkdir(download);
    await runTool(['mvn', '-q', '-B', COPY, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${download}`], { cwd: download });
    const [archive = ''] = await readdir(download);
    await runTool(['tar', '-xzf', archive], { cwd: download });
    await rm(join(download, archive));
    for (const name of await readdir(download)) await rename(join(download, name), join(folder, name));
    await rm(download, { recursive: true });
  });
}
