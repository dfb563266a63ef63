/**
 * The read side over HTTP: the read model, what feeds it, and the server, as one resource. Boundary: the only entry to this folder besides its contract (api.ts) and its ports;
 * it writes nothing but its own file.
 */
import type { Config } from '../config/config.ts';
import type { Clock, Logger } from '../engine/ports.ts';
import { ServeMetrics } from '../telemetry/serve.ts';
import { follow } from './follow.ts';
import { Live } from './live.ts';
import { ReadModel } from './model/model.ts';
import type { Sources } from './ports.ts';
import { createServer } from './server.ts';

export interface HttpServer {
  /** base URL at which it listens */
  readonly address: string;
  /** Rejects with what broke it; resolves when it has stopped. */
  readonly ended: Promise<void>;
}

/** @param pages folder of the dashboard's files; null, or one that does not exist: none are served. Throws Halt when the file of the read model or the address cannot be had. */
export async function startHttp(
  config: Config,
  sources: Sources,
  { clock, log, pages }: { readonly clock: Clock; readonly log: Logger; readonly pages: string | null },
): Promise<{ readonly value: HttpServer; stop(): Promise<void> }> {
  const model = new ReadModel(config.http.database, config, log);
  const live = new Live(model);
  const metrics = new ServeMetrics(config.applicationId, { model, live, ends: (topic) => sources.feed.ends(topic) });
  const server = await createServer({ config, model, live, sources, log, metrics, pages });
  const stopping = new AbortController();
  let address: string;
  try {
    address = await server.listen();
  } catch (error) {
    live.stop();
    await server.stop();
    model.close();
    throw error;
  }
  const ended = follow({ model, feed: sources.feed, topics: config.topics, clock, log }, stopping.signal);
  ended.catch(() => undefined); // whoever waits for it hears it
  return {
    value: { address, ended },
    async stop() {
      stopping.abort();
      live.stop();
      await server.stop();
      await ended.catch(() => undefined);
      model.close();
    },
  };
}
