import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { redisCommand } from '../../src/stack/ask.ts';
import { startFolder } from '../../src/stack/folder.ts';
import { stackUp } from '../../src/stack/index.ts';
import type { Resource } from '../../src/stack/resource.ts';

let folder: Resource<string>;

beforeEach(async () => {
  folder = await startFolder('test');
  vi.stubEnv('RAPPORT_KAFKA_BROKERS', 'kafka.example:9092');
  vi.stubEnv('RAPPORT_REGISTRY_URL', 'http://registry.example');
  vi.stubEnv('RAPPORT_REDIS_URL', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.stop();
});

/** An engine that answers; `compose up` and `compose down` run the given commands. */
function fakeDocker(up: string, down: string): void {
  const path = join(folder.value, 'docker');
  writeFileSync(path, `#!/bin/sh\necho "$*" >> ${folder.value}/calls\ncase "$*" in *" up "*) ${up} ;; *" down "*) ${down} ;; esac\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('PATH', `${folder.value}:${process.env.PATH}`);
}

const plain = { brokers: 1, redis: 'single' } as const;

test('addresses that are given are used as they are, and nothing is started', async () => {
  vi.stubEnv('RAPPORT_REDIS_URL', 'redis://redis.example:6379');
  fakeDocker('exit 1', 'exit 1');
  const stack = await stackUp({ ...plain, log: (line) => expect.unreachable(line) });
  expect(stack.value).toEqual({
    kafka: 'kafka.example:9092',
    redis: 'redis://redis.example:6379',
    registry: 'http://registry.example',
    given: { kafka: true, redis: true, registry: true },
  });
  await stack.stop();
  expect(existsSync(join(folder.value, 'calls'))).toBe(false);
});

test('a running Docker engine is used for what is not given, and everything taken down at the stop', async () => {
  const pidFile = join(folder.value, 'redis.pid');
  const run = `redis-server --port $RAPPORT_REDIS_PORT --bind 127.0.0.1 --save "" --daemonize yes --pidfile ${pidFile} --dir ${folder.value}`;
  fakeDocker(run, `kill $(cat ${pidFile})`);
  const stack = await stackUp({ ...plain, log: () => undefined });
  expect(stack.value).toMatchObject({ kafka: 'kafka.example:9092', given: { kafka: true, redis: false, registry: true } });
  expect(await redisCommand(Number(new URL(stack.value.redis).port), 'PING')).toBe('PONG');
  await stack.stop();
  const calls = readFileSync(join(folder.value, 'calls'), 'utf8');
  expect(calls).toMatch(/-p rapport-\d+ up -d --wait redis\n/);
  expect(calls.trim()).toMatch(/-p rapport-\d+ down -v --timeout 1$/);
});

test('a Docker engine that cannot start the containers is said so, and child processes take their place', async () => {
  fakeDocker('echo "cannot pull the image" >&2; exit 1', ':');
  const lines: string[] = [];
  const stack = await stackUp({ ...plain, log: (line) => lines.push(line) });
  expect(lines.join('\n')).toMatch(/going on with child processes.*cannot pull the image/s);
  expect(await redisCommand(Number(new URL(stack.value.redis).port), 'PING')).toBe('PONG');
  await stack.stop();
});
