/**
 * Requests to the schema registry that its client has no call for, and the reaction to a registry that does not answer as one.
 * Boundary: bounded in time and size; an answer about the subject or schema asked for is a value, all else is Retryable.
 */
import http from 'node:http';
import https from 'node:https';
import type { RegistryConfig } from '../../config/config.ts';
import { Retryable } from '../../engine/errors.ts';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
/** The largest answer that is read: schemas are some kilobytes. */
const MOST_ANSWER_BYTES = 8 * 1024 * 1024;
/** What the client puts before the reason of a lost connection. */
const CLIENT_PREFIX = /^Confluent_Schema_Registry - (Error, status 400: )?/;
/** Not found, incompatible, invalid: answers about what was asked for. Anything else is about the registry. */
const ANSWERS: ReadonlySet<unknown> = new Set([404, 409, 422]);

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** what its clock says, ms, to the second; null when it does not say */
  readonly at: number | null;
}

export interface RegistryHttp {
  readonly base: string;
  readonly agent: http.Agent;
  readonly auth: { readonly username: string; readonly password: string } | null;
  /** Throws Retryable when there is no answer of a registry in time. */
  call(method: string, path: string, body?: object): Promise<Answer>;
  /** What to throw for a registry that is away, or refuses the user. */
  away(status: unknown, cause: unknown): Retryable;
  stop(): void;
}

export function createHttp(config: RegistryConfig, timeOutMs: number): RegistryHttp {
  const base = config.url.replace(/\/+$/, '');
  const tls = base.startsWith('https:');
  const options = { keepAlive: true, maxSockets: 8 };
  const agent = tls ? new https.Agent({ ...options, ...(config.ca === null ? {} : { ca: config.ca }) }) : new http.Agent(options);
  const auth = config.username === null ? null : { username: config.username, password: config.password ?? '' };

  const away = (status: unknown, cause: unknown): Retryable => {
    const refused = status === 401 || status === 403;
    const what = refused
      ? `refuses the user (${status}): check RAPPORT_REGISTRY_USERNAME, RAPPORT_REGISTRY_PASSWORD and the user's rights`
      : `cannot be used: ${cause instanceof Error ? cause.message.replace(CLIENT_PREFIX, '') : String(cause)}`;
    return new Retryable(`The schema registry at ${base} ${what}`, { cause });
  };

  return {
    base,
    agent,
    auth,
    away,
    stop: () => agent.destroy(),
    async call(method, path, body) {
      let answer: Answer;
      try {
        answer = await exchange(base + path, {
          method,
          agent,
          headers: { 'content-type': CONTENT_TYPE, accept: `${CONTENT_TYPE}, application/json` },
          signal: AbortSignal.timeout(timeOutMs),
          body: body === undefined ? '' : JSON.stringify(body),
          ...(auth === null ? {} : { auth: `${auth.username}:${auth.password}` }),
        });
      } catch (cause) {
        throw away(undefined, cause);
      }
      const { status } = answer;
      const fine =
        status >= 200 && status < 300 ? answer.body !== undefined : isAnswer(status) && field(answer.body, 'message') !== undefined;
      if (!fine) throw away(status, new Error(`status ${status}: ${String(field(answer.body, 'message') ?? 'no answer in JSON')}`));
      return answer;
    },
  };
}

export const isAnswer = (status: unknown): boolean => ANSWERS.has(status);

/** One request and its whole answer. */
function exchange(url: string, { body, ...options }: http.RequestOptions & { readonly body: string }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const send = url.startsWith('https:') ? https.request : http.request;
  const request = send(url, options, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_ANSWER_BYTES) response.destroy(new Error(`an answer of more than ${MOST_ANSWER_BYTES} bytes`));
    });
    response.on('error', reject);
    response.on('end', () => {
      const at = Date.parse(response.headers.date ?? '');
      const body = parsed(Buffer.concat(chunks).toString('utf8'));
      resolve({ status: response.statusCode ?? 0, body, at: Number.isNaN(at) ? null : at });
    });
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

/** Undefined when the text is not JSON: a proxy's page. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An own field of an answer's body. */
export const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Object.getOwnPropertyDescriptor(body, name)?.value : undefined;
