/** Customers: search, one with the reasons, the story of one; their changes and alerts. */
import { z } from 'zod';
import type { CustomerId } from '../../domain/ids.ts';
import { changesWhen, inSilence, keptUntil } from '../ahead.ts';
import { changesPage, changesQuery, customerAnswer, customerId, customersPage, customersQuery, storyAnswer, storyQuery } from '../api.ts';
import { customerById, findCustomers } from '../model/customers.ts';
import { findAlerts, findChanges } from '../model/history.ts';
import { Refused } from '../problems.ts';
import type { ServerParts } from '../server.ts';
import { type App, nothing, question } from './route.ts';

const params = z.object({ id: customerId });
const TAG = 'customers';

export function customerRoutes(app: App, { config, model, sources }: ServerParts): void {
  const list = question('read', TAG, 'Customers by group, risk, value and id', customersQuery, customersPage);
  app.get('/api/v1/customers', list, async ({ query }) => copy(findCustomers(model.db, query)));

  const one = question('read', TAG, 'One customer, and why', nothing, customerAnswer);
  app.get('/api/v1/customers/:id', { ...one, schema: { ...one.schema, params } }, async ({ params: { id } }) => {
    const found = await sources.customer(id as CustomerId);
    if (found === null) throw unknown();
    const { shown, state } = found;
    const { policy } = config;
    return {
      ...shown,
      inSilence: inSilence(state, policy),
      changesWhen: changesWhen(shown, policy),
      keptUntil: keptUntil(shown, policy),
    };
  });

  const story = question('read', TAG, 'What has happened to one customer', storyQuery, storyAnswer);
  app.get(
    '/api/v1/customers/:id/story',
    { ...story, schema: { ...story.schema, params } },
    async ({ params: { id }, query: { limit } }) => {
      const changes = findChanges(model.db, { customer: id, limit });
      const alerts = findAlerts(model.db, { customer: id, limit });
      const profile = customerById(model.db, id);
      if (profile === null && changes.items.length === 0 && alerts.items.length === 0) throw unknown();
      return {
        customer: id,
        profile,
        changes: [...changes.items],
        alerts: [...alerts.items],
        more: { changes: changes.next !== null, alerts: alerts.next !== null },
      };
    },
  );

  const changes = question('read', TAG, 'Changes of group, the latest first', changesQuery, changesPage);
  app.get('/api/v1/changes', changes, async ({ query }) => copy(findChanges(model.db, query)));
}

/** The id is not repeated: an answer may be logged by whoever asks. */
const unknown = (): Refused => new Refused(404, 'no such customer is known');

export const copy = <T>({
  items,
  next,
}: {
  readonly items: readonly T[];
  readonly next: string | null;
}): { items: T[]; next: string | null } => ({
  items: [...items],
  next,
});
