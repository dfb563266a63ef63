/** What all routes share: how a route is declared, and the problems that any of them may answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problem } from '../api.ts';
import type { Role } from '../auth.ts';

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

const problems = { 'application/problem+json': { schema: problem } };
const others = {
  '4xx': { description: 'a problem of the request', content: problems },
  '5xx': { description: 'a problem here', content: problems },
};

/** A question that needs a role; what it takes from the URL, what it answers. */
export const question = <S extends z.ZodType, Q extends z.ZodType>(
  role: Role,
  tag: string,
  summary: string,
  querystring: Q,
  answer: S,
) => ({
  config: { role },
  schema: { tags: [tag], summary, querystring, response: { 200: answer, ...others } },
});

/** What is to be done, by whom it may be asked: taken when it answers 202, done later. */
export const order = <B extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  role: Role,
  tag: string,
  summary: string,
  body: B,
  headers: H,
  answer: S,
) => ({
  config: { role },
  schema: { tags: [tag], summary, querystring: nothing, body, headers, response: { 202: answer, ...others } },
});

/** A question without parameters: any that is given is refused, as a misspelt one of another question is. */
export const nothing = z.strictObject({});
