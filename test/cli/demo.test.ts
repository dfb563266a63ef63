/** The demo on servers that were given: its summary is consistent, and it leaves nothing behind, also when it is interrupted. */
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { describe, expect, inject, it } from 'vitest';
import { createAdmin } from '../../src/adapters/kafka/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { until } from '../../src/stack/until.ts';
import { program } from './application.ts';

const servers = () => ({
  RAPPORT_KAFKA_BROKERS: inject('kafka'),
  RAPPORT_REDIS_URL: inject('redis'),
  RAPPORT_REGISTRY_URL: inject('registry'),
});

/** What stands on the servers under any demo's application id. */
async function left(): Promise<string[]> {
  const admin = createAdmin(await loadConfig(servers()), pino({ level: 'silent' }));
  const redis = new Redis(inject('redis'));
  try {
    const topics = await admin.value.listTopics();
    const keys = await redis.keys('{rapport-demo-*');
    const answer = await fetch(`${inject('registry')}/subjects`);
    const subjects = (await answer.json()) as string[];
    return [...topics, ...keys, ...subjects].filter((name) => name.includes('rapport-demo-'));
  } finally {
    await admin.stop();
    redis.disconnect();
  }
}

describe('the demo', () => {
  it('prints one summary object whose numbers agree, and leaves no topic, key or subject', async () => {
    const demo = program(['demo', '--once', '--json', '--customers', '80', '--days', '200', '--seed', '7'], servers());
    const { code, stdout, stderr } = await demo.ended;
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const summary: Record<string, number> & { groups: Record<string, number>; transitions: Record<string, Record<string, number>> } =
      JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0);
    const { events, folded, duplicates, rerouted, deadLetters, changes } = summary;
    expect(events).toBeGreaterThan(1_000);
    expect((folded ?? 0) + (duplicates ?? 0) + (deadLetters ?? 0)).toBe(events);
    expect(rerouted).toBe(0);
    expect(sum(Object.fromEntries(Object.entries(summary.transitions).map(([from, to]) => [from, sum(to)])))).toBe(changes);
    expect(sum(summary.groups)).toBe(sum(summary.transitions.none ?? {}));
    expect(await left()).toEqual([]);
  });

  it('interrupted in its history, ends with 0 and leaves nothing either', async () => {
    const demo = program(['demo', '--customers', '2000', '--days', '730'], servers());
    await until('the demo to have made its topics', 30, async () => ((await left()).length > 4 ? true : undefined));
    demo.process.kill('SIGINT');
    demo.process.kill('SIGINT');
    const { code, stderr } = await demo.ended;
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(await left()).toEqual([]);
  });
});
