/**
 * Rendered manifests as data: the objects of an overlay, its workloads, and the environment and files that a container of it would have. Boundary: reads what kustomize has
 * rendered; whether that is valid is fields.ts's, and kubernetes-validate's.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { runTool } from '../../src/stack/tool.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const OVERLAYS = ['base', 'overlays/keda', 'overlays/strimzi', 'overlays/redis-cluster', 'overlays/production'] as const;

const named = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
export type Manifest = z.infer<typeof named>;

/** @param folder below k8s/, or anywhere by its whole path */
export async function render(kustomize: readonly string[], folder: string): Promise<Manifest[]> {
  return objectsOf(await runTool([...kustomize, resolve(ROOT, 'k8s', folder)]));
}

const objectsOf = (text: string): Manifest[] =>
  parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw new Error(`not YAML: ${document.errors[0]?.message}`);
      return document.toJS();
    })
    .filter((value) => value !== null)
    .map((value) => named.parse(value));

const item = z.object({ key: z.string(), path: z.string() });
const secretFile = z.looseObject({ name: z.string(), items: z.array(item) });
const volume = z.looseObject({
  name: z.string(),
  configMap: z.looseObject({ name: z.string() }).optional(),
  secret: z.looseObject({ secretName: z.string(), items: z.array(item).optional() }).optional(),
  projected: z.looseObject({ sources: z.array(z.object({ secret: secretFile })) }).optional(),
  emptyDir: z.looseObject({}).optional(),
});
const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(
    z.object({
      name: z.string(),
      value: z.string().optional(),
      valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
    }),
  ),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.int() })).default([]),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string(), cpu: z.string().optional() }),
  }),
  securityContext: z.looseObject({}),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const podSpec = z.looseObject({
  containers: z.tuple([container]),
  volumes: z.array(volume),
  securityContext: z.looseObject({}),
  terminationGracePeriodSeconds: z.int().optional(),
});
const workload = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.int().optional(),
    template: z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }), spec: podSpec }),
  }),
});
export type Workload = z.infer<typeof workload>;

export const workloadsOf = (objects: readonly Manifest[]): Workload[] =>
  objects
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(kind))
    .map((object) => workload.parse(object));

export function only<T extends { readonly metadata: { readonly name: string } }>(objects: readonly T[], name: string): T {
  const [found, ...more] = objects.filter(({ metadata }) => metadata.name === name);
  if (found === undefined || more.length > 0) throw new Error(`there is not one ${name}`);
  return found;
}

const configMap = z.looseObject({ data: z.record(z.string(), z.string()) });
const dataOf = (objects: readonly Manifest[], name: string): Record<string, string> =>
  configMap.parse(
    only(
      objects.filter(({ kind }) => kind === 'ConfigMap'),
      name,
    ),
  ).data;

const labels = z.union([
  z.object({ matchLabels: z.record(z.string(), z.string()) }).transform(({ matchLabels }) => matchLabels),
  z.record(z.string(), z.string()),
]);
const selecting = z.looseObject({ spec: z.looseObject({ selector: labels.optional(), podSelector: labels.optional() }) });
/** Whether a Service, a policy or a budget is about pods with these labels. */
export function selects(object: Manifest, of: Readonly<Record<string, string>>): boolean {
  const { selector, podSelector = selector } = selecting.parse(object).spec;
  return podSelector !== undefined && Object.entries(podSelector).every(([name, value]) => of[name] === value);
}

/** The keys of each Secret, as docs/kubernetes.md lists them. */
export function secretKeys(): Map<string, string[]> {
  const text = readFileSync(join(ROOT, 'docs/kubernetes.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \| ((?:`[a-z.-]+`(?:, )?)+) \|/gm)];
  return new Map(rows.map(([, name = '', keys = '']) => [name, [...keys.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key)]));
}

/** What somebody might have put there: something sound, another one for each. */
function sampleOf(secret: string, key: string): string {
  if (key === 'ca.crt') return rootCertificates[0] ?? '';
  if (key === 'url') return 'redis://redis.redis.svc:6379';
  return `${secret}-${key}-0123456789abcdef`;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** of each Secret: keys that are read */
  readonly secrets: readonly (readonly [secret: string, key: string])[];
  remove(): void;
}

/** What its container would find: files below a folder of their own, to which paths in the environment are turned. */
export function surroundingsOf(objects: readonly Manifest[], { spec }: Workload): Surroundings {
  const root = mkdtempSync(join(tmpdir(), 'rapport-pod-'));
  const pod = spec.template.spec;
  const [{ env, envFrom, volumeMounts }] = pod.containers;
  const keys = secretKeys();
  const secrets: [string, string][] = [];
  const secretValue = (secret: string, key: string): string => {
    if (keys.get(secret)?.includes(key) !== true)
      throw new Error(`docs/kubernetes.md does not say that there is a Secret ${secret} with ${key}`);
    secrets.push([secret, key]);
    return sampleOf(secret, key);
  };
  const write = (folder: string, name: string, text: string): void => {
    const file = join(root, folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  for (const { name, mountPath } of volumeMounts) {
    const from = pod.volumes.find((each) => each.name === name);
    if (from === undefined) throw new Error(`there is no volume ${name}`);
    if (from.configMap) for (const [file, text] of Object.entries(dataOf(objects, from.configMap.name))) write(mountPath, file, text);
    const sources = from.projected?.sources.map(({ secret }) => secret) ?? [];
    if (from.secret) {
      const { secretName, items = (keys.get(secretName) ?? []).map((key) => ({ key, path: key })) } = from.secret;
      sources.push({ name: secretName, items });
    }
    for (const { name: secret, items } of sources) for (const { key, path } of items) write(mountPath, path, secretValue(secret, key));
  }
  const mounted = volumeMounts.map(({ mountPath }) => mountPath);
  const turned = (value: string): string => (mounted.some((path) => value.startsWith(`${path}/`)) ? join(root, value) : value);
  const found: Record<string, string> = {};
  for (const { configMapRef } of envFrom)
    for (const [name, value] of Object.entries(dataOf(objects, configMapRef.name))) found[name] = turned(value);
  for (const { name, value, valueFrom } of env) {
    const { secretKeyRef } = valueFrom ?? {};
    const text = secretKeyRef ? secretValue(secretKeyRef.name, secretKeyRef.key) : (value ?? '');
    // Kubernetes puts in what stands before it in the list.
    found[name] = turned(text.replace(/\$\((\w+)\)/g, (whole, other: string) => found[other] ?? whole));
  }
  return { env: found, secrets, remove: () => rmSync(root, { recursive: true, force: true }) };
}

const UNITS: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
/** Bytes of a quantity such as `512Mi`. */
export function bytesOf(quantity: string): number {
  const [, number = '', unit = ''] = /^(\d+)([KMG]i)$/.exec(quantity) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Error(`${quantity} is not a number with Ki, Mi or Gi`);
  return Number(number) * factor;
}
