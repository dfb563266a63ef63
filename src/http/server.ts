/**
 * The server: who may ask, what an error looks like, and the routes put together. Boundary: fastify and its plugins; answers are the routes'.
 *
 * What is not said to be for everybody needs a token: a route without a role does not exist. A reader is held to a rate, a body is small JSON and read only after the token, and an answer
 * shows nothing of the inside.
 */
import { existsSync } from 'node:fs';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import files from '@fastify/static';
import swagger from '@fastify/swagger';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Config } from '../config/config.ts';
import { Halt, Retryable } from '../engine/errors.ts';
import type { Logger } from '../engine/ports.ts';
import type { ServeMetrics } from '../telemetry/serve.ts';
import type { Problem } from './api.ts';
import { authorizer, type Role } from './auth.ts';
import type { Live } from './live.ts';
import type { ReadModel } from './model/model.ts';
import type { Sources } from './ports.ts';
import { problemOf, Refused } from './problems.ts';
import { alertRoutes } from './routes/alerts.ts';
import { customerRoutes } from './routes/customers.ts';
import { liveRoutes } from './routes/live.ts';
import { pipelineRoutes } from './routes/pipeline.ts';
import { seriesRoutes } from './routes/series.ts';

/** Requests of one address within the time. */
const MOST_REQUESTS = 600;
const WINDOW_MS = 10_000;
const MOST_BODY = 1_024;
/** An id of 128 bytes, each of them percent-encoded. */
const MOST_PARAMETER = 400;
const REQUEST_MS = 10_000;
/** what all files of the dashboard are counted as */
const PAGE = 'page';

declare module 'fastify' {
  interface FastifyRequest {
    /** of the token; null where none is asked for */
    role: Role | null;
  }
  interface FastifyContextConfig {
    /** who may ask; null: everybody */
    readonly role?: Role | null;
    /** a file of the dashboard */
    readonly page?: true;
    /** its answer ends when the reader goes */
    readonly live?: true;
  }
}

export interface ServerParts {
  readonly config: Config;
  readonly model: ReadModel;
  readonly live: Live;
  readonly sources: Sources;
  readonly log: Logger;
  readonly metrics: ServeMetrics;
  /** folder of the dashboard's files; they hold no data, and whoever opens them has yet to give a token */
  readonly pages: string | null;
}

export async function createServer(parts: ServerParts) {
  const { config, log, metrics, pages } = parts;
  const app = fastify({
    logger: false,
    bodyLimit: MOST_BODY,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MOST_PARAMETER },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // Text is what a page of another site may send without asking first.
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('role', null);
  app.setErrorHandler((error: FastifyError, request, reply) => answer(error, request, reply, log));
  // upgrade-insecure-requests and HSTS are for whoever puts TLS before it.
  const directives = { defaultSrc: ["'self'"], frameAncestors: ["'none'"], upgradeInsecureRequests: null };
  await app.register(helmet, { contentSecurityPolicy: { directives }, strictTransportSecurity: false });
  await app.register(rateLimit, {
    max: MOST_REQUESTS,
    timeWindow: WINDOW_MS,
    allowList: ({ routeOptions }) => routeOptions.config.role === null,
    errorResponseBuilder: (_, { after }) => new Refused(429, `ask less often; try again in ${after}`),
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    send(reply, problemOf(404, `there is no ${request.method} ${request.url.split('?', 1)[0] ?? ''}: /openapi.json says what there is`)),
  );
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'rapport', version: 'v1', description: 'Customers, groups, KPIs and the pipeline. See docs/api.md.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  const authorize = authorizer(config.http, config.metrics.token);
  // Behind the limit of requests, so that guesses count too, and before anything of the request is read.
  app.addHook('preParsing', async (request, reply) => {
    const { role } = request.routeOptions.config;
    if (role === null) return;
    reply.header('cache-control', 'no-store');
    // Whoever may not read is not told what there is not, either.
    const { authorization, host } = request.headers;
    request.role = authorize({ authorization, host }, request.is404 ? 'read' : (role ?? 'admin'));
  });
  app.addHook('onResponse', async ({ routeOptions: { url, config: of } }, reply) =>
    metrics.answered(of.page === true ? PAGE : url, reply.statusCode, of.live === true ? null : reply.elapsedTime),
  );
  await app.register(async (routes) => {
    const typed = routes.withTypeProvider<ZodTypeProvider>();
    customerRoutes(typed, parts);
    seriesRoutes(typed, parts);
    alertRoutes(typed, parts);
    pipelineRoutes(typed, parts);
    liveRoutes(typed, parts);
  });
  if (pages !== null && existsSync(pages)) {
    await app.register(async (routes) => {
      routes.addHook('onRoute', (route) => {
        route.config = { ...route.config, role: null, page: true };
      });
      await routes.register(files, { root: pages, wildcard: false, decorateReply: false, schemaHide: true });
    });
  }
  await app.ready();
  return {
    app,
    /** The base URL. Throws Halt when the address cannot be had. */
    async listen(): Promise<string> {
      const { host, port } = config.http;
      try {
        return await app.listen({ host, port });
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        throw new Halt(`${host}:${port} cannot be listened at (${code}): name another by RAPPORT_HTTP_HOST and RAPPORT_HTTP_PORT`, {
          cause: error,
        });
      }
    },
    stop: () => app.close(),
  };
}

const send = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problem);

const PLACES: Readonly<Record<string, string>> = { params: 'path', body: 'body', headers: 'header' };

function answer(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(({ instancePath, message }) => ({
      in: PLACES[error.validationContext ?? ''] ?? 'query',
      name: instancePath.split('/')[1] ?? '',
      message: message ?? 'is not valid',
    }));
    return send(
      reply,
      problemOf(400, faults.map(({ name, message }) => (name === '' ? message : `${name}: ${message}`)).join('; '), faults),
    );
  }
  if (error instanceof Refused) {
    if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="rapport"');
    return send(reply, problemOf(error.status, error.message, error.faults));
  }
  if (error instanceof Retryable || error instanceof Halt) {
    log.warn({ route: request.routeOptions.url, error: error.message }, 'a question could not be answered');
    reply.header('retry-after', '5');
    return send(reply, problemOf(503, 'what this is read from is not there now; the log says more'));
  }
  const status = 'statusCode' in error && error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
  if (status < 500) return send(reply, problemOf(status, 'the request cannot be read'));
  log.error({ route: request.routeOptions.url, error: error.stack ?? error.message }, 'a defect of the HTTP API');
  return send(reply, problemOf(500, 'this is a defect; the log says more'));
}
