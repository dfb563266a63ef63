/** The policy, the state of the pipeline and of the read model, and what probes ask. */
import { z } from 'zod';
import { digitsOf } from '../../config/currency.ts';
import { shared } from '../../telemetry/shared.ts';
import { accessAnswer, deadLettersAnswer, policyAnswer, readModelAnswer, shardsAnswer, statusAnswer } from '../api.ts';
import { deadLetters } from '../model/history.ts';
import type { ServerParts } from '../server.ts';
import { type App, nothing, question } from './route.ts';

const TAG = 'pipeline';
/** ms for which an answer about the shards is good enough */
const FRESH_MS = 1_000;

export function pipelineRoutes(app: App, { config, model, live, sources, metrics }: ServerParts): void {
  const { applicationId, policyHash: hash } = config;

  const access = question('read', 'access', 'What the token may do', nothing, accessAnswer);
  app.get('/api/v1/access', access, async ({ role }) => ({ role: role === 'admin' ? 'admin' : 'read' }) as const);

  const policy = question('read', TAG, 'The policy in force here', nothing, policyAnswer);
  app.get('/api/v1/policy', policy, async () => {
    const { currency } = config.policy;
    return { applicationId, hash, currency, digits: digitsOf(currency) ?? 0, policy: { ...config.policy } };
  });

  // Each asks Kafka about every topic and Redis about every shard: pages that look every few seconds share it.
  const standing = shared(() => sources.shards(), FRESH_MS);
  const shards = question('read', TAG, 'Where each shard stands', nothing, shardsAnswer);
  app.get('/api/v1/shards', shards, async () => ({ applicationId, shards: await standing() }));

  const letters = question('read', TAG, 'Records that could not be used, counted', nothing, deadLettersAnswer);
  app.get('/api/v1/dead-letters', letters, async () => ({ items: deadLetters(model.db) }));

  const readModel = question('admin', TAG, 'How far the read model has read', nothing, readModelAnswer);
  app.get('/api/v1/read-model', readModel, async () => ({
    incarnation: model.incarnation,
    ready: model.ready,
    partitions: model.positions().map(({ topic, partition, next, end }) => ({ topic, partition, next, end })),
    rows: model.counts(),
    liveReaders: live.readers,
  }));

  app.get('/openapi.json', { config: { role: 'read' }, schema: { hide: true, response: { 200: z.any() } } }, async () => app.swagger());

  app.get('/metrics', { config: { role: 'metrics' }, schema: { hide: true } }, async (_, reply) => {
    const { type, text } = await metrics.exposition();
    return reply.type(type).send(text);
  });

  const probe = { config: { role: null }, schema: { tags: ['probes'], security: [], response: { 200: statusAnswer, 503: statusAnswer } } };
  app.get('/livez', probe, async (_, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' as const }));
  app.get('/readyz', probe, async (_, reply) =>
    reply
      .header('cache-control', 'no-store')
      .code(model.ready ? 200 : 503)
      .send({ status: model.ready ? ('ok' as const) : ('starting' as const) }),
  );
}
