import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cached, cacheFolder } from '../../src/stack/cache.ts';
import { startFolder } from '../../src/stack/folder.ts';
import { startKafka } from '../../src/stack/kafka.ts';
import { meetRequirements } from '../../src/stack/requirements.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import { startScript } from './child.ts';

const quiet = (): void => undefined;
let folder: Resource<string>;

beforeEach(async () => {
  folder = await startFolder('test');
  mkdirSync(join(folder.value, 'bin'));
  vi.stubEnv('XDG_CACHE_HOME', folder.value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.stop();
});

/** A program before all others on the PATH, or instead of all others. */
function fake(name: string, script: string, alone = false): void {
  const path = join(folder.value, 'bin', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('PATH', alone ? join(folder.value, 'bin') : `${join(folder.value, 'bin')}:${process.env.PATH}`);
}

test('a download that breaks off leaves nothing half, and its error shows why', async () => {
  fake('java', 'echo \'openjdk version "17.0.15"\'');
  const lines: string[] = [];
  // `mvn --version` succeeds; a download writes half a file into the folder named by its last argument
  fake(
    'mvn',
    '[ "$1" = --version ] && exit 0; for last; do :; done; echo half > "$(echo "$last" | cut -d= -f2)/x.jar"; echo "connection reset" >&2; exit 1',
  );
  await expect(startKafka({ brokers: 1, log: (line) => lines.push(line) })).rejects.toThrow('connection reset');
  expect(lines).toEqual([expect.stringMatching(/^downloading kafka/)]);
  expect(readdirSync(cacheFolder())).toEqual([]);
});

test('a download of a process that is killed leaves nothing half', async () => {
  const child = startScript(`
    import { cached } from '{{src}}/stack/cache.ts';
    import { runTool } from '{{src}}/stack/tool.ts';
    await cached('thing', async (folder) => {
      console.log(folder);
      await runTool(['sh', '-c', 'while :; do echo x >> "$1/half"; done', 'sh', folder]);
    });
  `);
  const temporary = await child.firstLine;
  await until('the download to have begun', 5, async () => (readdirSync(temporary).length > 0 ? true : undefined));
  child.process.kill('SIGKILL');
  await child.ended;
  await until('the rest to be gone', 5, async () => (readdirSync(cacheFolder()).length === 0 ? true : undefined));
});

test('two that download the same get the same, whole', async () => {
  const fill = (text: string) => async (target: string) => writeFileSync(join(target, 'file'), text);
  const [one, two] = await Promise.all([cached('thing', fill('a')), cached('thing', fill('b'))]);
  expect(one).toBe(two);
  expect(readdirSync(cacheFolder())).toEqual(['thing']);
  await cached('thing', () => Promise.reject(new Error('it is there already')));
});

test('what is missing is named in one error with the cure', async () => {
  fake('java', 'echo \'openjdk version "11.0.2"\'', true);
  const missing = meetRequirements({ kafka: true, redis: true, registry: true }, quiet);
  await expect(missing).rejects.toThrow(
    /Missing: Java 17 or newer \(found 11\), Maven, redis-server\..*apt-get install.*RAPPORT_KAFKA_BROKERS=/s,
  );
});

test.runIf(process.getuid?.() === 0)('as root a missing package is installed, after saying so', async () => {
  for (const name of ['sh', 'touch', 'chmod', 'cp']) symlinkSync(`/bin/${name}`, join(folder.value, 'bin', name));
  fake('apt-get', `case "$*" in *install*redis-server*) cp "$0" "${join(folder.value, 'bin', 'redis-server')}" ;; esac`, true);
  const lines: string[] = [];
  await meetRequirements({ redis: true }, (line) => lines.push(line));
  expect(lines).toEqual(['not installed here: redis-server; installing with apt-get, as root']);
});
