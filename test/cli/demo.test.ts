/** The demo on servers that were given: its summary is consistent, and it leaves nothing behind, also when it is interrupted, and what was there as it was. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createClient } from '../../src/adapters/kafka/client.ts';
import { createAdmin } from '../../src/adapters/kafka/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ALERTS, GROUPS, LEVELS, SIGNALS } from '../../src/domain/decision.ts';
import { DAY } from '../../src/domain/ids.ts';
import { METRICS } from '../../src/domain/kpi-values.ts';
import { startFolder } from '../../src/stack/folder.ts';
import { until } from '../../src/stack/until.ts';
import { program } from './application.ts';

const servers = () => ({
  RAPPORT_KAFKA_BROKERS: inject('kafka'),
  RAPPORT_REDIS_URL: inject('redis'),
  RAPPORT_REGISTRY_URL: inject('registry'),
});

type Counts = Record<string, number>;
type Summary = Counts & {
  readonly groups: Counts;
  readonly transitions: Record<string, Counts>;
  readonly alertsByKind: Counts;
  readonly levels: Counts;
  readonly signals: Counts;
  readonly kpis: Counts & { readonly day: string };
  readonly kpisByGroup: Record<string, Summary['kpis'] | null>;
};

const BUSINESS: readonly string[] = ['SUPPORT_QUALITY', 'PORTFOLIO', 'GOAL'];
/** Warnings that few customers have at one moment: which, depends on the day at which the history ends. */
const RARE: readonly string[] = ['DECLINING_FREQUENCY', 'SUPPORT_PAIN'];

const none = (counts: Counts): string[] => Object.keys(counts).filter((name) => !((counts[name] ?? 0) > 0));

/** What stands on the servers under any demo's application id. */
async function left(): Promise<string[]> {
  const config = await loadConfig(servers());
  const log = pino({ level: 'silent' });
  const admin = createAdmin(config, log);
  const retry = { initialRetryTime: 50, retries: 5 };
  const groups = createClient(config.kafka, log, { clientId: 'stranger', requestTimeout: 10_000, retry }).admin();
  const redis = new Redis(inject('redis'));
  try {
    const topics = await admin.value.listTopics();
    await groups.connect();
    const members = (await groups.listGroups()).groups.map(({ groupId }) => groupId);
    const keys = await redis.keys('{rapport-demo-*');
    const answer = await fetch(`${inject('registry')}/subjects`);
    const subjects = (await answer.json()) as string[];
    return [...topics, ...members, ...keys, ...subjects].filter((name) => name.includes('rapport-demo-'));
  } finally {
    await groups.disconnect();
    await admin.stop();
    redis.disconnect();
  }
}

/** A configuration whose source is a topic that was there before. `ends`: how far it reaches now. */
async function somebodys() {
  const folder = await startFolder('demo-test');
  const topic = `orders-${randomUUID().slice(0, 8)}`;
  const file = join(folder.value, 'rapport.yaml');
  await writeFile(file, `sources:\n  - { type: purchase, topic: ${topic} }\n`);
  const admin = createAdmin(await loadConfig(servers()), pino({ level: 'silent' }));
  await admin.value.ensureTopics([{ topic, partitions: 2, configs: {} }]);
  onTestFinished(async () => {
    await admin.value.deleteTopics([topic]);
    await admin.stop();
    await folder.stop();
  });
  return { environment: { RAPPORT_CONFIG: file }, ends: () => admin.value.ends(topic) };
}

describe('the demo', () => {
  it('prints one summary object whose numbers agree and which shows every group, kind of alert and usual warning, and leaves no topic, group, key or subject', async () => {
    const today = Math.floor(Date.now() / DAY) * DAY;
    const { environment, ends } = await somebodys();
    const demo = program(['demo', '--once', '--json', '--customers', '500', '--seed', '1'], { ...servers(), ...environment });
    const { code, stdout, stderr } = await demo.ended;
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const summary: Summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0);
    const { events, folded, duplicates, rerouted, deadLetters, changes } = summary;
    expect(events).toBeGreaterThan(1_000);
    expect((folded ?? 0) + (duplicates ?? 0) + (deadLetters ?? 0)).toBe(events);
    expect(rerouted).toBe(0);
    expect(sum(Object.fromEntries(Object.entries(summary.transitions).map(([from, to]) => [from, sum(to)])))).toBe(changes);
    expect(sum(summary.groups)).toBe(sum(summary.transitions.none ?? {}));
    const { alerts, alertsByKind, levels, lost = 0, signals, kpis, kpisByGroup } = summary;
    expect(Object.keys(alertsByKind)).toEqual([...ALERTS]);
    expect(alerts).toBe(sum(alertsByKind));
    // Which of the alerts about the business come moves with the season in which the history ends; that one does, does not.
    const quiet = none(alertsByKind);
    expect(quiet.filter((kind) => !BUSINESS.includes(kind))).toEqual([]);
    expect(quiet.length).toBeLessThan(BUSINESS.length);
    expect(Object.keys(summary.groups)).toEqual([...GROUPS]);
    expect(none(summary.groups)).toEqual([]);
    expect(Object.keys(signals)).toEqual([...SIGNALS]);
    expect(none(signals).filter((name) => !RARE.includes(name))).toEqual([]);
    // Prospects have no level.
    expect(Object.keys(levels)).toEqual([...LEVELS]);
    expect(sum(levels) + lost).toBeLessThanOrEqual(sum(summary.groups));
    expect(sum(levels) + lost).toBeGreaterThan(sum(summary.groups) / 2);
    // Of the day before today: of those who are customers now, some came since.
    expect(Object.keys(kpis)).toEqual(['day', ...METRICS]);
    expect(Date.parse(kpis.day)).toBeGreaterThanOrEqual(today - DAY);
    expect(kpis.customers).toBeGreaterThan(sum(summary.groups) / 2);
    expect(kpis.customers).toBeLessThanOrEqual(sum(summary.groups));
    expect(kpis.active).toBeGreaterThan(0);
    expect(kpis.predictedValue).toBeGreaterThan(0);
    const ofGroups = GROUPS.map((group) => kpisByGroup[group]);
    for (const of of ofGroups) expect(Object.keys(of ?? {})).toEqual(['day', ...METRICS]);
    for (const name of ['customers', 'active', 'lost', 'orders', 'revenue', 'tickets'])
      expect(ofGroups.reduce((total, of) => total + (of?.[name] ?? 0), 0)).toBe(kpis[name]);
    expect(await ends()).toEqual([0, 0].map(() => ({ start: 0, end: 0 })));
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
