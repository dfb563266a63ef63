/**
 * The endpoint of a worker: `/metrics`, `/livez`, `/readyz`. Boundary: plain HTTP without a framework, since a worker needs no web server; it reads no body, keeps no state, and never
 * waits for anything of the engine.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MetricsConfig } from '../config/config.ts';
import { Halt } from '../engine/errors.ts';
import { refusal } from './bearer.ts';
import type { Exposition } from './registry.ts';
import type { Readiness } from './worker.ts';

const REQUEST_MS = 10_000;
const MOST_CONNECTIONS = 64;

interface Asked {
  exposition(): Promise<Exposition>;
  readiness(): Readiness;
}

export interface Listening {
  /** base URL */
  readonly address: string;
}

/** Throws Halt when the address cannot be had. */
export async function startEndpoint(
  { host, token }: MetricsConfig,
  port: number,
  asked: Asked,
): Promise<{ readonly value: Listening; stop(): Promise<void> }> {
  const refused = refusal(token);
  let rendering: Promise<Exposition> | null = null;
  /** Those who ask at the same time get the same: it costs the event loop once. */
  const exposition = (): Promise<Exposition> => {
    rendering ??= asked.exposition().finally(() => {
      rendering = null;
    });
    return rendering;
  };
  const answer = async ({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (method !== 'GET' && method !== 'HEAD') return json(response, 405, { status: 'only GET is answered' });
    switch (url?.split('?', 1)[0]) {
      case '/livez':
        return json(response, 200, { status: 'ok' });
      case '/readyz': {
        const { ready, waiting } = asked.readiness();
        return json(response, ready ? 200 : 503, ready ? { status: 'ok' } : { status: 'starting', waiting });
      }
      case '/metrics': {
        const status = refused(headers.authorization, headers.host);
        if (status === 401) response.setHeader('www-authenticate', 'Bearer realm="rapport"');
        if (status !== null)
          return json(response, status, { status: status === 401 ? 'give the token of RAPPORT_METRICS_TOKEN' : 'ask localhost' });
        const { type, text } = await exposition();
        return send(response, 200, type, text);
      }
      default:
        return json(response, 404, { status: 'there is /metrics, /livez and /readyz' });
    }
  };
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  server.maxConnections = MOST_CONNECTIONS;
  const address = await listen(server, host, port);
  return {
    value: { address },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `${host}:${port} cannot be listened at (${cause.code ?? cause.message}): name another by RAPPORT_METRICS_HOST and RAPPORT_METRICS_PORT`;
      reject(new Halt(message, { cause }));
    });
    server.listen(port, host, () => {
      const bound = server.address();
      const name = host.includes(':') ? `[${host}]` : host;
      resolve(`http://${name}:${typeof bound === 'object' && bound !== null ? bound.port : port}`);
    });
  });
}

const json = (response: ServerResponse, status: number, value: object): void =>
  send(response, status, 'application/json', JSON.stringify(value));

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(text);
}
