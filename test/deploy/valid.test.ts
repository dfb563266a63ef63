/**
 * Every overlay renders, and is valid: core kinds as kubernetes-validate has them, custom resources by the fields used. A misspelt field fails in both.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { tryTool } from '../../src/stack/tool.ts';
import { blocksOf } from '../support/markdown.ts';
import { faultsOf, isCore } from './fields.ts';
import { type Manifest, OVERLAYS, ROOT, render, surroundingsOf, workloadsOf } from './manifests.ts';
import { FETCH_MS, find, needed, type Program } from './tools.ts';

/** The oldest that has all that is used, and a late one. */
const RELEASES = ['1.30', '1.34'];

let kustomize: Program | string;
let validate: Program | string;
beforeAll(async () => {
  kustomize = await find('kustomize');
  validate = await find('validate');
}, FETCH_MS);

const folder = mkdtempSync(join(tmpdir(), 'rapport-manifests-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function isValid(context: TestContext, objects: readonly Manifest[]): Promise<boolean> {
  const file = join(folder, 'manifests.yaml');
  writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'));
  const releases = RELEASES.flatMap((release) => ['-k', release]);
  return (await tryTool([...needed(context, validate), '--strict', '--quiet', ...releases, file])) !== null;
}

describe.each(OVERLAYS)('%s', (overlay) => {
  test('renders, and every core kind is valid', async (context) => {
    const objects = await render(needed(context, kustomize), overlay);
    const core = objects.filter(isCore);
    expect(core.length).toBeGreaterThan(10);
    expect(await isValid(context, core)).toBe(true);
  });

  test('custom resources have the fields that there are, and no others', async (context) => {
    const objects = await render(needed(context, kustomize), overlay);
    expect(objects.filter((object) => !isCore(object)).flatMap(faultsOf)).toEqual([]);
  });

  test('holds no secret', async (context) => {
    const objects = await render(needed(context, kustomize), overlay);
    expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
  });
});

test('the overlay of the documentation puts its own image, settings and addresses into the base', async (context) => {
  const [block] = blocksOf('yaml', '# deploy/kustomization.yaml');
  const deploy = join(folder, 'deploy');
  mkdirSync(deploy);
  cpSync(join(ROOT, 'k8s'), join(folder, 'k8s'), { recursive: true });
  writeFileSync(join(deploy, 'kustomization.yaml'), block?.text ?? '');
  writeFileSync(join(deploy, 'rapport.yaml'), 'applicationId: shop\nshards: 12\npolicy: policy.yaml\n');
  writeFileSync(join(deploy, 'policy.yaml'), 'preset: retail\ncurrency: EUR\n');
  const objects = await render(needed(context, kustomize), deploy);
  expect(await isValid(context, objects)).toBe(true);
  for (const workload of workloadsOf(objects)) {
    const { env, remove } = surroundingsOf(objects, workload);
    const config = await loadConfig(env).finally(remove);
    expect(config).toMatchObject({
      applicationId: 'shop',
      policy: { currency: 'EUR' },
      kafka: { brokers: ['broker-0.kafka.svc:9092', 'broker-1.kafka.svc:9092'] },
    });
    expect(workload.spec.template.spec.containers[0].image).toBe('registry.internal/rapport:0.1.0');
  }
});

describe('a misspelt field is refused', () => {
  const misspell = (objects: readonly Manifest[], right: string, wrong: string): Manifest[] => {
    const text = JSON.stringify(objects);
    expect(text).toContain(`"${right}":`);
    return JSON.parse(text.replace(`"${right}":`, `"${wrong}":`));
  };

  test.for([
    ['Deployment', 'readOnlyRootFilesystem', 'readOnlyRootFileSystem'],
    ['PodDisruptionBudget', 'maxUnavailable', 'maxUnavailible'],
    ['NetworkPolicy', 'policyTypes', 'policyType'],
    ['Job', 'ttlSecondsAfterFinished', 'ttlSecondsAfterFinish'],
  ] as const)('of a %s: %s', async ([kind, right, wrong], context) => {
    const objects = (await render(needed(context, kustomize), 'base')).filter((object) => object.kind === kind);
    expect(await isValid(context, objects)).toBe(true);
    expect(await isValid(context, misspell(objects, right, wrong))).toBe(false);
  });

  test.for([
    ['ScaledObject', 'maxReplicaCount', 'maxReplicas'],
    ['ScaledObject', 'lagThreshold', 'lagTreshold'],
    ['TriggerAuthentication', 'secretTargetRef', 'secretTargetRefs'],
    ['KafkaTopic', 'partitions', 'partition'],
    ['KafkaUser', 'operations', 'operation'],
    ['KafkaUser', 'patternType', 'pattern'],
  ] as const)('of a %s: %s', async ([kind, right, wrong], context) => {
    const objects = (await render(needed(context, kustomize), 'overlays/production')).filter((object) => object.kind === kind);
    expect(objects.flatMap(faultsOf)).toEqual([]);
    expect(misspell(objects, right, wrong).flatMap(faultsOf)).not.toEqual([]);
  });
});
