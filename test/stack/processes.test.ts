import { readdirSync } from 'node:fs';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { redisCommand } from '../../src/stack/ask.ts';
import { startFolder } from '../../src/stack/folder.ts';
import { freePorts } from '../../src/stack/ports.ts';
import { startServer } from '../../src/stack/process.ts';
import { startRedis } from '../../src/stack/redis.ts';
import { startTogether } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import { runs, startScript } from './child.ts';

const quiet = (): void => undefined;
afterEach(() => void vi.unstubAllEnvs());

const STARTS_REDIS = `
  import { startRedis } from '{{src}}/stack/redis.ts';
  const redis = await startRedis({ mode: 'single', log: () => {} });
  const [node] = redis.value.nodes;
  console.log(JSON.stringify({ pid: node.pid }));
`;

test('a server that is stopped leaves no process and no data', async () => {
  const folder = await startFolder('test');
  onTestFinished(folder.stop);
  vi.stubEnv('TMPDIR', folder.value);
  const redis = await startRedis({ mode: 'single', log: quiet });
  const pid = redis.value.nodes[0]?.pid ?? 0;
  expect(runs(pid)).toBe(true);
  expect(readdirSync(folder.value)).not.toEqual([]);
  await redis.stop();
  expect(runs(pid)).toBe(false);
  expect(readdirSync(folder.value)).toEqual([]);
  await redis.stop();
});

test('kill, restart, freeze, thaw: the same port and data, and silence while frozen', async () => {
  const redis = await startRedis({ mode: 'single', appendOnly: true, arguments: ['--appendfsync', 'always'], log: quiet });
  onTestFinished(redis.stop);
  const [node] = redis.value.nodes;
  if (node === undefined) throw new Error('no node');
  await redisCommand(node.port, 'SET a 1');
  const before = node.pid;
  await node.kill();
  expect(node.pid).toBeNull();
  await expect(redisCommand(node.port, 'PING')).rejects.toThrow();
  await node.restart();
  expect(node.pid).not.toBe(before);
  expect(await redisCommand(node.port, 'GET a')).toBe('1');
  node.freeze();
  await expect(redisCommand(node.port, 'PING')).rejects.toThrow('did not answer');
  node.thaw();
  expect(await redisCommand(node.port, 'PING')).toBe('PONG');
});

test('a server that cannot start is an error with the end of its log, at once', async () => {
  const folder = await startFolder('test');
  onTestFinished(folder.stop);
  const [port = 0] = await freePorts(1);
  const command = ['sh', '-c', 'echo the disk is full >&2; exit 3'];
  const start = startServer({ name: 'Thing', port, command, folder: folder.value, logFile: 'log', ready: async () => false, log: quiet });
  await expect(start).rejects.toThrow(/Thing did not start.*\n.*the disk is full/);
});

test('a server that ends by itself is reported with the end of its log', async () => {
  const lines: string[] = [];
  const redis = await startRedis({ mode: 'single', log: (line) => lines.push(line) });
  onTestFinished(redis.stop);
  process.kill(redis.value.nodes[0]?.pid ?? 0, 'SIGTERM');
  const line = await until('the report', 5, async () => lines[0]);
  expect(line).toMatch(/Redis ended by itself/);
  expect(line).toMatch(/bye bye/);
});

test('when one of several does not start, the others are stopped', async () => {
  let stopped = 0;
  const good = async () => ({ value: 1, stop: async () => void stopped++ });
  const bad = async () => {
    throw new Error('no');
  };
  await expect(startTogether([good, bad, good])).rejects.toThrow('no');
  expect(stopped).toBe(2);
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('a process that ends by %s leaves no children and no data', async (signal) => {
  const folder = await startFolder('test');
  onTestFinished(folder.stop);
  const child = startScript(STARTS_REDIS, [], { TMPDIR: folder.value });
  const { pid }: { pid: number } = JSON.parse(await child.firstLine);
  expect(runs(pid)).toBe(true);
  child.process.kill(signal);
  expect(await child.ended).toBe(signal);
  await until('the child to be gone', 5, async () => (runs(pid) ? undefined : true));
  await until('its data to be gone', 5, async () => (readdirSync(folder.value).length === 0 ? true : undefined));
});
