/** The live feed of changes: hands the connection over to live.ts. */
import { z } from 'zod';
import { liveQuery } from '../api.ts';
import { Refused } from '../problems.ts';
import type { ServerParts } from '../server.ts';
import type { App } from './route.ts';

const SUMMARY = 'Changes as they come, by server-sent events; Last-Event-ID goes on behind a bookmark';
const MOST_BOOKMARK = 100;

export function liveRoutes(app: App, { live }: ServerParts): void {
  const schema = {
    tags: ['customers'],
    summary: SUMMARY,
    querystring: liveQuery,
    response: { 200: { description: 'events ready, changes, alerts and reset', content: { 'text/event-stream': { schema: z.string() } } } },
  };
  // No HEAD: its answer would have no body, and never an end.
  const options = { config: { role: 'read', live: true }, schema, exposeHeadRoute: false } as const;
  app.get('/api/v1/changes/live', options, async ({ query, headers }, reply) => {
    if (live.full) throw new Refused(503, 'there are as many live readers as are taken: try again later');
    const { socket } = reply.raw;
    // Pipelined: an answer before it is still under way, and whether its connection is there any more nobody would say.
    if (socket === null) throw new Refused(400, 'live changes need a connection of their own: ask when what was asked before is answered');
    const last = headers['last-event-id'];
    const after = typeof last === 'string' ? last.slice(0, MOST_BOOKMARK) : (query.after ?? null);
    reply.hijack();
    // A live connection has no end, and so no time to end in.
    socket.setTimeout(0);
    reply.raw.writeHead(200, {
      ...headersOf(reply.getHeaders()),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Proxies of nginx's kind would gather lines before they pass them on.
      'x-accel-buffering': 'no',
    });
    live.add(reply.raw, after);
  });
}

/** Those that the plugins have set. */
const headersOf = (headers: Readonly<Record<string, number | string | string[] | undefined>>): Record<string, number | string | string[]> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
