/**
 * What the pods of every overlay are: their configuration is one that rapport accepts, they may do nothing that they need not, and what points at them fits.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { z } from 'zod';
import { checkHost } from '../../src/cli/doctor-host.ts';
import type { Config } from '../../src/config/config.ts';
import { httpFault } from '../../src/config/http.ts';
import { loadConfig } from '../../src/config/load.ts';
import { SETTINGS, VARIABLES } from '../../src/config/settings.ts';
import { Retryable } from '../../src/engine/errors.ts';
import {
  bytesOf,
  type Manifest,
  OVERLAYS,
  only,
  ROOT,
  render,
  secretKeys,
  selects,
  surroundingsOf,
  type Workload,
  workloadsOf,
} from './manifests.ts';
import { FETCH_MS, find, needed, type Program } from './tools.ts';

let kustomize: Program | string;
beforeAll(async () => {
  kustomize = await find('kustomize');
}, FETCH_MS);

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const { version }: { version: string } = JSON.parse(read('package.json'));

async function each(context: TestContext, overlay: string, look: (workload: Workload, objects: Manifest[]) => unknown): Promise<void> {
  const objects = await render(needed(context, kustomize), overlay);
  const workloads = workloadsOf(objects);
  expect(workloads.map(({ metadata }) => metadata.name).toSorted()).toEqual(['rapport-serve', 'rapport-topics', 'rapport-worker']);
  for (const workload of workloads) await look(workload, objects);
}

async function configOf(objects: readonly Manifest[], workload: Workload): Promise<Config> {
  const { env, remove } = surroundingsOf(objects, workload);
  return loadConfig(env).finally(remove);
}

const OPTIONS = /^--max-old-space-size=(\d+) --max-semi-space-size=(\d+)$/;
/** The most that the heap may take, bytes: the young generation has three semi-spaces. */
function heapOf({ spec }: Workload): number {
  const [{ env }] = spec.template.spec.containers;
  const [, old, semi] = OPTIONS.exec(env.find(({ name }) => name === 'NODE_OPTIONS')?.value ?? '') ?? [];
  return (Number(old) + 3 * Number(semi)) * 2 ** 20;
}
const limitOf = ({ spec }: Workload): number => bytesOf(spec.template.spec.containers[0].resources.limits.memory);

describe.each(OVERLAYS)('%s', (overlay) => {
  test('each container’s variables and files are a sound configuration', (context) =>
    each(context, overlay, async (workload, objects) => {
      const config = await configOf(objects, workload);
      expect(config.warnings).toEqual([]);
      const { name } = workload.metadata;
      if (name === 'rapport-serve') {
        expect(httpFault(config.http)).toBeNull();
        expect(config.http.adminToken).not.toBeNull();
      } else expect(config.http).toMatchObject({ readToken: null, adminToken: null });
      const secured = overlay === 'overlays/strimzi' || overlay === 'overlays/production';
      expect([config.kafka.tls !== null, config.kafka.sasl?.mechanism]).toEqual(secured ? [true, 'scram-sha-512'] : [false, undefined]);
      const cluster = overlay === 'overlays/redis-cluster' || overlay === 'overlays/production';
      expect([config.redis.nodes.length, config.redis.tls !== null]).toEqual(cluster ? [3, true] : [1, false]);
    }));

  test('secrets come by reference alone', (context) =>
    each(context, overlay, (workload, objects) => {
      const { env, secrets, remove } = surroundingsOf(objects, workload);
      remove();
      expect(secrets.length).toBeGreaterThan(0);
      const literal = workload.spec.template.spec.containers[0].env.filter(({ value }) => value !== undefined);
      for (const { variable } of Object.values(SETTINGS).filter(({ secret }) => secret)) {
        // A URL may stand there; what is secret in it may not.
        for (const { value = '' } of literal.filter(({ name }) => name === variable))
          expect(value).toMatch(/^\w+:\/\/(\w+:\$\(\w+\)@)?[\w.,:/-]+$/);
        expect(env[variable]?.includes('@') === true && !literal.some(({ name }) => name === variable), variable).toBe(false);
      }
      for (const name of Object.keys(env).filter((known) => known.startsWith('RAPPORT_'))) expect(VARIABLES).toContain(name);
    }));

  test('pods are held to what Kubernetes calls restricted, and more: nothing to write to, no token', (context) =>
    each(context, overlay, ({ spec }) => {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      const user = Number(/^USER (\d+):\d+$/m.exec(read('Dockerfile'))?.[1]);
      expect(pod).toMatchObject({ serviceAccountName: 'rapport', automountServiceAccountToken: false, enableServiceLinks: false });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: user, seccompProfile: { type: 'RuntimeDefault' } });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(pod.volumes.every(({ configMap, secret, projected, emptyDir }) => configMap ?? secret ?? projected ?? emptyDir)).toBeTruthy();
      expect(container.image).toMatch(new RegExp(`^[\\w.-]+/rapport:${version.replaceAll('.', '\\.')}$`));
    }));

  test('the heap fits into the limit, and a worker may hold all shards', (context) =>
    each(context, overlay, async (workload, objects) => {
      const [heap, limit] = [heapOf(workload), limitOf(workload)];
      expect(heap).toBeLessThan(limit * 0.85);
      expect(workload.spec.template.spec.containers[0].resources.limits.cpu).toBeUndefined();
      if (workload.metadata.name !== 'rapport-worker') return;
      const away = { facts: () => Promise.reject(new Retryable('not asked')) };
      const probes = { redis: { ...away, refused: away.facts }, registry: { ...away, subjects: away.facts } };
      const host = { node: '24.21.0', engines: '^24', heap, memory: limit };
      const checks = await checkHost(await configOf(objects, workload), probes, host);
      expect(checks.find(({ check }) => check === 'memory')).toMatchObject({ verdict: 'ok' });
    }));

  test('probes ask where it listens, and none but readiness asks more than whether it is alive', (context) =>
    each(context, overlay, async (workload, objects) => {
      const [{ startupProbe, livenessProbe, readinessProbe, ports }] = workload.spec.template.spec.containers;
      if (workload.metadata.name === 'rapport-topics')
        return expect([startupProbe, livenessProbe, readinessProbe, ...ports]).toEqual(Array(3).fill(undefined));
      const { http, metrics } = await configOf(objects, workload);
      const listens = workload.metadata.name === 'rapport-serve' ? http : metrics;
      expect(listens.host).toBe('0.0.0.0');
      expect(ports.map(({ containerPort }) => containerPort)).toEqual([listens.port]);
      const [{ name: port } = { name: '' }] = ports;
      expect([startupProbe?.httpGet, livenessProbe?.httpGet, readinessProbe?.httpGet]).toEqual([
        { path: '/livez', port },
        { path: '/livez', port },
        { path: '/readyz', port },
      ]);
    }));

  test('selectors find pods, and policies let through to each server that is configured', (context) =>
    each(context, overlay, async (workload, objects) => {
      const { labels } = workload.spec.template.metadata;
      const found = (kind: string): Manifest[] => objects.filter((object) => object.kind === kind && selects(object, labels));
      if (workload.metadata.name === 'rapport-worker') expect(found('PodDisruptionBudget')).toHaveLength(1);
      if (workload.metadata.name === 'rapport-serve') expect(found('Service')).toHaveLength(1);
      const rules = found('NetworkPolicy').map((object) => policy.parse(object).spec);
      expect(rules.some(({ policyTypes, ingress, egress }) => policyTypes.length === 2 && ingress.length + egress.length === 0)).toBe(true);
      const open = rules
        .flatMap(({ egress }) => egress)
        .flatMap(({ to, ports }) => to.flatMap((peer) => ports.map(({ port }) => `${namespaceOf(peer)}:${port}`)));
      const { kafka, redis, registry } = await configOf(objects, workload);
      const servers = [...kafka.brokers, ...redis.nodes.map(({ host, port }) => `${host}:${port}`), new URL(registry.url).host];
      for (const server of servers) expect(open).toContain(server.replace(/^.*\.([\w-]+)\.svc(:\d+)$/, '$1$2'));
      const admitted = rules.flatMap(({ ingress }) => ingress).flatMap(({ ports }) => ports.map(({ port }) => port));
      for (const { containerPort } of workload.spec.template.spec.containers[0].ports) expect(admitted).toContain(containerPort);
    }));
});

const peer = z.object({
  namespaceSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
  podSelector: z.unknown().optional(),
});
const ports = z.array(z.object({ protocol: z.enum(['TCP', 'UDP']), port: z.int() }));
const policy = z.looseObject({
  spec: z.object({
    podSelector: z.unknown(),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.object({ from: z.array(peer), ports })).default([]),
    egress: z.array(z.object({ to: z.array(peer), ports })).default([]),
  }),
});
const namespaceOf = ({ namespaceSelector }: z.infer<typeof peer>): string =>
  namespaceSelector.matchLabels['kubernetes.io/metadata.name'] ?? '';

test('a worker has longer than its engine takes to stop', async (context) => {
  const objects = await render(needed(context, kustomize), 'base');
  const seconds = only(workloadsOf(objects), 'rapport-worker').spec.template.spec.terminationGracePeriodSeconds ?? 0;
  const step = Number(/^const STOP = ([\d_]+);$/m.exec(read('src/engine/worker.ts'))?.[1]?.replaceAll('_', ''));
  // The step, a request to commit offsets, one to leave the group.
  expect(seconds * 1_000).toBeGreaterThan(step + 2 * 5_000);
});

test('every Secret that the documentation names is read by an overlay', async (context) => {
  const used = new Set<string>();
  for (const overlay of ['base', 'overlays/production']) {
    await each(context, overlay, (workload, objects) => {
      const { secrets, remove } = surroundingsOf(objects, workload);
      remove();
      for (const [secret] of secrets) used.add(secret);
    });
  }
  expect([...used, 'rapport-scaler'].toSorted()).toEqual([...secretKeys().keys()].toSorted());
});
