import { expect, test } from 'vitest';
import { redisCommand } from '../../src/stack/ask.ts';
import { type Child, startScript } from '../stack/child.ts';

// Kafka and the registry are given, so that only Redis has to start.
const GIVEN = { RAPPORT_KAFKA_BROKERS: 'kafka.example:9092', RAPPORT_REGISTRY_URL: 'http://registry.example/path', RAPPORT_REDIS_URL: '' };

const run = (...args: string[]): Child =>
  startScript(
    `import { stackCommand } from '{{src}}/cli/stack.ts';
     await stackCommand().parseAsync(process.argv.slice(1), { from: 'user' });`,
    args,
    GIVEN,
  );

test('stack up --json prints the addresses first, stays, and stops on the first of two signals', async () => {
  const child = run('up', '--json');
  const addresses = JSON.parse(await child.firstLine);
  expect(addresses).toEqual({
    kafka: 'kafka.example:9092',
    redis: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/),
    registry: 'http://registry.example/path',
  });
  const port = Number(new URL(addresses.redis).port);
  expect(await redisCommand(port, 'PING')).toBe('PONG');
  child.process.kill('SIGINT');
  child.process.kill('SIGINT');
  expect(await child.ended).toBe(0);
  await expect(redisCommand(port, 'PING')).rejects.toThrow();
});

test('stack up without --json prints one readable line', async () => {
  const child = run('up');
  expect(await child.firstLine).toMatch(/^kafka kafka\.example:9092 {2}redis redis:\/\/\S+ {2}registry http:\/\/registry\.example\/path$/);
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
});

test.each([
  ['--brokers', '2'],
  ['--redis', 'ring'],
])('stack up %s %s is refused with the choices', async (...wrong) => {
  const child = run('up', ...wrong);
  expect(await child.ended).toBe(1);
  expect(child.stderr()).toMatch(/Allowed choices are/);
});
