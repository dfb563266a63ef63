/**
 * The schema registry's client, tamed: every request has a time-out, none is retried here, and errors name the reaction.
 * Boundary: the only file that knows @kafkajs/confluent-schema-registry. Infrastructure is Retryable and never a missing schema (I11).
 */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avsc from 'avsc';
import { LOGICAL_TYPES } from '../../codec/foreign.ts';
import type { AvroType } from '../../codec/schemas.ts';
import type { RegistryConfig } from '../../config/config.ts';
import { Halt, Retryable } from '../../engine/errors.ts';
import { createHttp, field, isAnswer } from './http.ts';

/** ms for a request and its answer, all in all */
const TIME_OUT_MS = 10_000;
const COMPATIBLE = [COMPATIBILITY.BACKWARD, COMPATIBILITY.BACKWARD_TRANSITIVE, COMPATIBILITY.FULL, COMPATIBILITY.FULL_TRANSITIVE];

/** With these, readers of the next version can take what was written with the last one. */
export const isStrictEnough = (level: string): boolean => COMPATIBLE.some((one) => one === level);

export interface RegistryClient {
  /** The Avro schema of an id; a text says why there is none to use. Throws Retryable. */
  find(id: number): Promise<AvroType | string>;
  /**
   * The id of a schema under a subject, registered when it is not yet, with compatibility BACKWARD (or a stricter one that is set).
   * Throws Retryable; Halt when the registry refuses it.
   */
  register(subject: string, schema: string): Promise<number>;
  /** Removes a subject for good; one that is not there is no error. Throws Retryable. */
  remove(subject: string): Promise<void>;
  stop(): void;
}

export function createClient(config: RegistryConfig, timeOutMs = TIME_OUT_MS): RegistryClient {
  const { base, agent, auth, call, away, stop } = createHttp(config, timeOutMs);
  const api: ConstructorParameters<typeof SchemaRegistry>[0] = {
    host: base,
    agent,
    retry: { retries: 0 },
    ...(auth === null ? {} : { auth }),
    middlewares: [
      () => ({
        prepareRequest: async (next) => (await next()).enhance({ signal: AbortSignal.timeout(timeOutMs) }),
        response: async (next) => {
          try {
            const response = await next();
            if (typeof response.data() !== 'object') throw new Error('no answer in JSON');
            return response;
          } catch (error) {
            throw isRegistrys(error) ? error : away(statusOf(error), error);
          }
        },
      }),
    ],
  };
  const client = new SchemaRegistry(api, { [SchemaType.AVRO]: { logicalTypes: LOGICAL_TYPES } });

  /** The compatibility to register with: that of the subject, when it is strict enough. */
  async function compatibility(subject: string): Promise<COMPATIBILITY> {
    const answer = await call('GET', `/config/${encodeURIComponent(subject)}`);
    if (answer.status === 404) return COMPATIBILITY.BACKWARD;
    const level = field(answer.body, 'compatibilityLevel');
    const known = COMPATIBLE.find((one) => one === level);
    if (known !== undefined) return known;
    if (level !== COMPATIBILITY.NONE) {
      throw new Halt(`Subject ${subject} of the schema registry has compatibility ${String(level)}: set BACKWARD or FULL.`);
    }
    await call('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility: COMPATIBILITY.BACKWARD });
    return COMPATIBILITY.BACKWARD;
  }

  async function registeredAs(subject: string, schema: string): Promise<number | null> {
    const known = await call('POST', `/subjects/${encodeURIComponent(subject)}`, { schema });
    const id = field(known.body, 'id');
    return known.status === 200 && typeof id === 'number' ? id : null;
  }

  return {
    async find(id) {
      // No registry gives such ids, and some answer them with an error of their own instead of "not found".
      if (id <= 0) return `schema ${id} is not registered`;
      let found: unknown;
      try {
        found = await client.getSchema(id);
      } catch (error) {
        if (error instanceof Retryable) throw error;
        const missing = statusOf(error) === 404;
        return missing ? `schema ${id} is not registered` : `schema ${id} cannot be used: it is no Avro schema that can be read`;
      } finally {
        // The decoder's cache is bounded; the client's is not.
        client.cache.clear();
      }
      return found instanceof avsc.Type ? found : `schema ${id} is not Avro`;
    },

    async register(subject, schema) {
      // Looking it up first lets a worker run with rights to read only.
      const known = await registeredAs(subject, schema);
      if (known !== null) return known;
      try {
        const registered = await client.register(
          { type: SchemaType.AVRO, schema },
          { subject, compatibility: await compatibility(subject) },
        );
        return registered.id;
      } catch (error) {
        if (error instanceof Retryable || error instanceof Halt) throw error;
        // Some refuse the second of two workers that register it at the same instant.
        const meanwhile = await registeredAs(subject, schema);
        if (meanwhile !== null) return meanwhile;
        const why = error instanceof Error ? error.message : String(error);
        throw new Halt(
          `The schema registry refuses the schema of subject ${subject}: ${why}. ` +
            'Remove the subject if its topic is not in use, or take another application id or topic.',
          { cause: error },
        );
      }
    },

    async remove(subject) {
      const path = `/subjects/${encodeURIComponent(subject)}`;
      // Confluent's registry wants the first, soft removal before the one that lasts.
      await call('DELETE', path);
      await call('DELETE', `${path}?permanent=true`);
    },

    stop,
  };
}

/**
 * Whether a registry has said so, of what it was asked for. The client reports a lost connection as status 400, and puts
 * "Error, status" into the message of an answer without a message in JSON, which is some proxy's.
 */
const isRegistrys = (error: unknown): boolean =>
  isAnswer(statusOf(error)) && error instanceof Error && !error.message.includes(`Error, status ${statusOf(error)}`);

const statusOf = (error: unknown): unknown => (error instanceof Error && 'status' in error ? error.status : undefined);
