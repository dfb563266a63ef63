/**
 * The fields of custom resources that the manifests use, and no others: a misspelt one is a fault here, where a cluster would pass it over or refuse it only when it is applied.
 * Boundary: the fields used, of KEDA (`keda.sh/v1alpha1`) and Strimzi (`kafka.strimzi.io/v1`), from their definitions; kubernetes-validate judges all other kinds.
 */
import { z } from 'zod';
import type { Manifest } from './manifests.ts';

const metadata = z.strictObject({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()).optional() });
const ofCluster = metadata.extend({ labels: z.strictObject({ 'strimzi.io/cluster': z.string() }) });
const count = (text: string): boolean => /^[1-9]\d*$/.test(text);

const policies = z.strictObject({
  stabilizationWindowSeconds: z.int().min(0).max(3_600),
  policies: z.array(
    z.strictObject({ type: z.enum(['Pods', 'Percent']), value: z.int().positive(), periodSeconds: z.int().min(1).max(1_800) }),
  ),
});

/** What KEDA reads from a trigger is text. */
const kafkaTrigger = z.strictObject({
  type: z.literal('kafka'),
  metadata: z.strictObject({
    bootstrapServers: z.string(),
    consumerGroup: z.string(),
    topic: z.string(),
    lagThreshold: z.string().refine(count),
    offsetResetPolicy: z.enum(['earliest', 'latest']),
    tls: z.enum(['enable', 'disable']).optional(),
    sasl: z.enum(['plaintext', 'scram_sha256', 'scram_sha512']).optional(),
  }),
  authenticationRef: z.strictObject({ name: z.string() }).optional(),
});

export const scaledObject = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('ScaledObject'),
  metadata,
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ name: z.string() }),
    minReplicaCount: z.int().min(0),
    maxReplicaCount: z.int().positive(),
    pollingInterval: z.int().positive(),
    advanced: z.strictObject({
      horizontalPodAutoscalerConfig: z.strictObject({ behavior: z.strictObject({ scaleUp: policies, scaleDown: policies }) }),
    }),
    triggers: z.array(kafkaTrigger).min(1),
  }),
});

const triggerAuthentication = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('TriggerAuthentication'),
  metadata,
  spec: z.strictObject({
    secretTargetRef: z.array(
      z.strictObject({ parameter: z.enum(['username', 'password', 'ca', 'cert', 'key']), name: z.string(), key: z.string() }),
    ),
  }),
});

export const kafkaTopic = z.strictObject({
  apiVersion: z.literal('kafka.strimzi.io/v1'),
  kind: z.literal('KafkaTopic'),
  metadata: ofCluster,
  spec: z.strictObject({
    partitions: z.int().positive(),
    replicas: z.int().positive(),
    // Strimzi takes any name here; the test of the topics compares them with those of the code.
    config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
});

const topicOperations = z.enum(['Read', 'Write', 'Create', 'Delete', 'Describe', 'DescribeConfigs', 'Alter', 'AlterConfigs']);
const patternType = z.enum(['literal', 'prefix']).optional();
const acl = z.union([
  z.strictObject({
    resource: z.strictObject({ type: z.literal('topic'), name: z.string(), patternType }),
    operations: z.array(topicOperations),
  }),
  z.strictObject({
    resource: z.strictObject({ type: z.literal('group'), name: z.string(), patternType }),
    operations: z.array(z.enum(['Read', 'Describe', 'Delete'])),
  }),
  z.strictObject({
    resource: z.strictObject({ type: z.literal('transactionalId'), name: z.string(), patternType }),
    operations: z.array(z.enum(['Write', 'Describe'])),
  }),
]);
export type Acl = z.infer<typeof acl>;

export const kafkaUser = z.strictObject({
  apiVersion: z.literal('kafka.strimzi.io/v1'),
  kind: z.literal('KafkaUser'),
  metadata: ofCluster,
  spec: z.strictObject({
    authentication: z.strictObject({ type: z.enum(['scram-sha-512', 'tls']) }),
    authorization: z.strictObject({ type: z.literal('simple'), acls: z.array(acl).min(1) }),
  }),
});

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  ScaledObject: scaledObject,
  TriggerAuthentication: triggerAuthentication,
  KafkaTopic: kafkaTopic,
  KafkaUser: kafkaUser,
};

/** Kinds that Kubernetes itself has: their API groups have no dot, or end in `k8s.io`. */
export const isCore = ({ apiVersion }: Manifest): boolean => /^([^./]+\/)?v\w+$|\.k8s\.io\/v\w+$/.test(apiVersion);

/** What is wrong with a custom resource, by field; empty when all is well. */
export function faultsOf(object: Manifest): string[] {
  const schema = SCHEMAS[object.kind];
  if (schema === undefined) return [`${object.kind}: there is no schema of its fields`];
  const parsed = schema.safeParse(object);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${object.kind} ${object.metadata.name}: ${path.join('.')}: ${message}`);
}
