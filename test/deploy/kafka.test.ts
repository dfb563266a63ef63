/**
 * What the overlays say of Kafka is what the code wants: topics as `rapport topics create` makes them, rights as `rapport doctor` asks for them and not one more, and as
 * many workers as there are shards.
 */
import { beforeAll, expect, type TestContext, test } from 'vitest';
import type { KafkaFacts, Operation } from '../../src/cli/doctor-ports.ts';
import { checkRights } from '../../src/cli/doctor-rights.ts';
import { allTopics, topicSpecs } from '../../src/cli/topics.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Halt } from '../../src/engine/errors.ts';
import { kafkaProbe } from '../doctor/stubs.ts';
import { type Acl, kafkaTopic, kafkaUser, scaledObject } from './fields.ts';
import { type Manifest, only, render, surroundingsOf, workloadsOf } from './manifests.ts';
import { FETCH_MS, find, needed, type Program } from './tools.ts';

let kustomize: Program | string;
beforeAll(async () => {
  kustomize = await find('kustomize');
}, FETCH_MS);

async function rendered(context: TestContext, overlay: string): Promise<{ readonly objects: Manifest[]; readonly config: Config }> {
  const objects = await render(needed(context, kustomize), overlay);
  const { env, remove } = surroundingsOf(objects, only(workloadsOf(objects), 'rapport-worker'));
  return { objects, config: await loadConfig(env).finally(remove) };
}
const ofKind = (objects: readonly Manifest[], kind: string): Manifest[] => objects.filter((object) => object.kind === kind);

/** A setting of ours alone: how many replicas must have a record is the cluster's business in `rapport topics create`. */
const REPLICAS = 'min.insync.replicas';

test('the topics are those of the code, with their partitions and settings', async (context) => {
  const { objects, config } = await rendered(context, 'overlays/strimzi');
  const made = ofKind(objects, 'KafkaTopic').map((object) => {
    const { metadata, spec } = kafkaTopic.parse(object);
    const { [REPLICAS]: inSync, ...settings } = spec.config;
    expect(spec.replicas, metadata.name).toBeGreaterThan(Number(inSync));
    const configs = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
    return { topic: metadata.name, partitions: spec.partitions, configs };
  });
  const byName = (a: { topic: string }, b: { topic: string }): number => (a.topic < b.topic ? -1 : 1);
  expect(made.toSorted(byName)).toEqual(topicSpecs(config).toSorted(byName));
});

/** What ACLs permit; Kafka takes Describe from Read, Write and Delete. */
function allowed(acls: readonly Acl[], type: Acl['resource']['type'], name: string): Operation[] {
  const said = acls
    .filter(
      ({ resource }) =>
        resource.type === type && (resource.patternType === 'prefix' ? name.startsWith(resource.name) : name === resource.name),
    )
    .flatMap(({ operations }) => operations);
  const known = said.filter((operation) => operation !== 'Alter' && operation !== 'AlterConfigs');
  return [...new Set(known.some((each) => ['Read', 'Write', 'Delete'].includes(each)) ? [...known, 'Describe' as const] : known)];
}

/** What the doctor finds wrong for a user with these ACLs. */
async function wrongWith(config: Config, acls: readonly Acl[]): Promise<string[]> {
  const topics = allTopics(config).map((topic) => {
    const operations = allowed(acls, 'topic', topic);
    return { topic, error: operations.includes('Describe') ? null : 'TOPIC_AUTHORIZATION_FAILED', partitions: [], operations };
  });
  const facts: KafkaFacts = { brokers: [], topics, operations: null };
  const probe = kafkaProbe(config, {
    group: async (id) => {
      const operations = allowed(acls, 'group', id);
      if (!operations.includes('Describe')) throw new Halt('refused (GROUP_AUTHORIZATION_FAILED)');
      return { foreign: false, members: [], operations };
    },
    mayWriteTransactions: async (id) => {
      const operations = allowed(acls, 'transactionalId', id);
      if (!operations.includes('Describe')) throw new Halt('refused (TRANSACTIONAL_ID_AUTHORIZATION_FAILED)');
      return operations.includes('Write');
    },
  });
  const checks = await checkRights(config, probe, Promise.resolve(facts));
  expect(checks.length).toBeGreaterThan(2);
  return checks.filter(({ verdict }) => verdict === 'fault' || verdict === 'warning').map(({ check, found }) => `${check}: ${found}`);
}

const aclsOf = (objects: readonly Manifest[], name: string): Acl[] =>
  kafkaUser.parse(only(ofKind(objects, 'KafkaUser'), name)).spec.authorization.acls;

test('the worker’s user has the rights that the doctor asks for, and would miss each of them', async (context) => {
  const { objects, config } = await rendered(context, 'overlays/strimzi');
  const acls = aclsOf(objects, 'rapport');
  expect(await wrongWith(config, acls)).toEqual([]);
  for (const [i, { resource, operations }] of acls.entries()) {
    for (const dropped of operations) {
      const fewer: Acl[] = acls.map((acl, at) =>
        at === i ? Object.assign({}, acl, { operations: operations.filter((each) => each !== dropped) }) : acl,
      );
      expect(await wrongWith(config, fewer), `${dropped} on ${resource.name}`).not.toEqual([]);
    }
  }
});

test('the users of the API and of the autoscaler can change nothing but the API’s own groups, and give commands', async (context) => {
  const { objects, config } = await rendered(context, 'overlays/strimzi');
  const { topics, sources, applicationId } = config;
  const read = [topics.profiles, topics.segmentChanges, topics.alerts, topics.kpis, topics.deadLetters];
  const commands = sources.find(({ type }) => type === 'command')?.topic;
  const serve = aclsOf(objects, 'rapport-serve');
  for (const topic of allTopics(config))
    expect(allowed(serve, 'topic', topic), topic).toEqual([
      ...(read.includes(topic) ? ['Read'] : topic === commands ? ['Write'] : []),
      'Describe',
    ]);
  expect(allowed(serve, 'group', `${applicationId}-serve-1`)).toEqual(['Read', 'Delete', 'Describe']);
  expect(allowed(serve, 'group', applicationId)).toEqual([]);
  const scaler = aclsOf(objects, 'rapport-scaler');
  expect(scaler.flatMap(({ operations }) => operations).every((operation) => operation === 'Describe')).toBe(true);
  for (const topic of [...sources.map((source) => source.topic), topics.reroute, applicationId])
    expect(allowed(scaler, topic === applicationId ? 'group' : 'topic', topic), topic).toEqual(['Describe']);
});

test.for(['overlays/keda', 'overlays/production'])(
  '%s scales by the lag of each topic that is worked on, up to the shards and never to none',
  async (overlay, context) => {
    const { objects, config } = await rendered(context, overlay);
    const { spec } = scaledObject.parse(only(ofKind(objects, 'ScaledObject'), 'rapport-worker'));
    expect(spec.maxReplicaCount).toBe(config.shards);
    expect(spec.minReplicaCount).toBeGreaterThan(1);
    const followed = [...config.sources.map(({ topic }) => topic), config.topics.reroute];
    expect(spec.triggers.map(({ metadata }) => metadata.topic).toSorted()).toEqual(followed.toSorted());
    for (const { metadata, authenticationRef } of spec.triggers) {
      expect(metadata.consumerGroup).toBe(config.applicationId);
      expect(metadata.bootstrapServers.split(',')).toEqual(config.kafka.brokers);
      // Offsets are committed every 5 s: what is taken meanwhile, at the 23,000 records a second of docs/performance.md, looks like lag.
      expect(Number(metadata.lagThreshold)).toBeGreaterThan(5 * 23_000);
      expect(metadata.offsetResetPolicy).toBe('earliest');
      expect([metadata.tls === 'enable', metadata.sasl !== undefined, authenticationRef !== undefined]).toEqual(
        Array(3).fill(config.kafka.tls !== null),
      );
    }
    // A number in the manifest would undo at each apply what the autoscaler has found.
    expect(only(workloadsOf(objects), spec.scaleTargetRef.name).spec.replicas).toBeUndefined();
  },
);
