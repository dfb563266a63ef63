/** Groups, moves, KPIs and goals. */
import { goalsAnswer, groupsAnswer, groupsQuery, kpisPage, kpisQuery, movesAnswer, movesQuery } from '../api.ts';
import { sizesNow } from '../model/customers.ts';
import { findKpis, goalsOf, movesOver, sizesByDay } from '../model/kpis.ts';
import type { ServerParts } from '../server.ts';
import { copy } from './customers.ts';
import { type App, nothing, question } from './route.ts';

const TAG = 'groups and KPIs';

export function seriesRoutes(app: App, { config, model }: ServerParts): void {
  const groups = question('read', TAG, 'Sizes of the groups, now and at the end of each day', groupsQuery, groupsAnswer);
  app.get('/api/v1/groups', groups, async ({ query }) => ({ now: sizesNow(model.db), days: sizesByDay(model.db, query) }));

  const moves = question('read', TAG, 'How many went from which group to which', movesQuery, movesAnswer);
  app.get('/api/v1/moves', moves, async ({ query }) => movesOver(model.db, query));

  const kpis = question('read', TAG, 'KPIs by day', kpisQuery, kpisPage);
  app.get('/api/v1/kpis', kpis, async ({ query }) => ({ ...copy(findKpis(model.db, query)), currency: config.policy.currency }));

  const goals = question('read', TAG, 'Goals: the line, and what was reached', nothing, goalsAnswer);
  app.get('/api/v1/goals', goals, async () => ({ goals: goalsOf(model.db, config.policy.goals) }));
}
