/**
 * Alerts, and taking one on. An acknowledgement is not done here: it goes to the topic of commands, and shows once the processor has said what came of it. So what is checked
 * here is a courtesy to the client, as of the read model; the processor decides.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Halt, Retryable } from '../../engine/errors.ts';
import { idOf } from '../../outputs/cloudevents.ts';
import type { Alert } from '../api.ts';
import { acknowledgementBody, alert, alertId, alertsPage, alertsQuery, commandAnswer, idempotencyHeaders } from '../api.ts';
import { alertById, findAlerts } from '../model/history.ts';
import { Refused } from '../problems.ts';
import type { ServerParts } from '../server.ts';
import { copy } from './customers.ts';
import { type App, nothing, order, question } from './route.ts';

const TAG = 'alerts';
const params = z.object({ id: alertId });

export function alertRoutes(app: App, { model, sources, log }: ServerParts): void {
  const list = question('read', TAG, 'Alerts, the latest opened first', alertsQuery, alertsPage);
  app.get('/api/v1/alerts', list, async ({ query }) => copy(findAlerts(model.db, query)));

  const known = (id: string): Alert => {
    const found = alertById(model.db, id);
    if (found !== null) return found;
    if (model.ready) throw new Refused(404, 'no such alert is known');
    throw new Refused(503, 'no such alert is known yet: the topics are still being read');
  };

  const one = question('read', TAG, 'One alert', nothing, alert);
  app.get('/api/v1/alerts/:id', { ...one, schema: { ...one.schema, params } }, async ({ params: { id } }) => known(id));

  const acknowledge = order('admin', TAG, 'Take an open alert on', acknowledgementBody, idempotencyHeaders, commandAnswer);
  app.post(
    '/api/v1/alerts/:id/acknowledgement',
    { ...acknowledge, schema: { ...acknowledge.schema, params } },
    async ({ params: { id }, body: { by }, headers }, reply) => {
      const { kind, customer, subject, episode, open, acknowledged, records } = known(id);
      const key = headers['idempotency-key'];
      // The same key for another alert is another command.
      const commandId = key === undefined ? randomUUID() : idOf('command', id, key);
      if (!records.some((record) => record.commandId === commandId)) {
        if (customer === null) throw new Refused(409, 'it is about the business: only alerts about a customer are acknowledged');
        if (kind === 'UNKNOWN') throw new Refused(409, 'it is of a kind that this release does not know');
        if (!open) throw new Refused(409, 'it is closed');
        if (acknowledged !== null) throw new Refused(409, 'it has been acknowledged');
        const number = records.at(-1)?.number ?? 1;
        try {
          await sources.command({ commandId, customerId: customer, kind: 'ACKNOWLEDGE', alert: kind, subject, episode, number, by });
        } catch (error) {
          if (!(error instanceof Retryable || error instanceof Halt)) throw error;
          log.warn({ commandId, error: error.message }, 'a command was not taken');
          reply.header('retry-after', '5');
          throw new Refused(503, 'Kafka did not say that it has taken it; it may have: repeat the request with one Idempotency-Key');
        }
        log.info({ commandId, alertId: id }, 'an acknowledgement has been given');
      }
      return reply.code(202).send({ commandId });
    },
  );
}
