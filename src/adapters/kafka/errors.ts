/**
 * What a failure of the Kafka client asks of its caller: kafkajs's errors become the reactions of engine/errors.ts.
 * Boundary: knows the client's error names and the protocol's error types; holds no state. No record's key or value ever enters a message.
 */
import { Fenced, Halt, Retryable } from '../../engine/errors.ts';

/** Errors that are of the sender's making and would come again for the same bytes. */
const REFUSALS = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD']);

/** Another holder of the transactional id has been initialised. `Unknown error code 90` is PRODUCER_FENCED, which kafkajs does not know by name. */
const FENCINGS = new Set(['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'TRANSACTION_COORDINATOR_FENCED', 'PRODUCER_FENCED']);

/** What Node says of a certificate that does not hold. */
const CERTIFICATES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const CURES: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'give the application READ, WRITE and DESCRIBE on its topics',
  GROUP_AUTHORIZATION_FAILED: 'give the application READ on its consumer group, which has the name of the application id',
  CLUSTER_AUTHORIZATION_FAILED: 'give the application IDEMPOTENT_WRITE, and CREATE for `topics create`, on the cluster',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'give the application WRITE and DESCRIBE on transactional ids that begin with its application id',
  INVALID_TRANSACTION_TIMEOUT: 'lower the transaction time-out: it is above the broker’s transaction.max.timeout.ms',
  INVALID_SESSION_TIMEOUT: 'choose a session time-out within the broker’s group.min.session.timeout.ms and group.max.session.timeout.ms',
  INCONSISTENT_GROUP_PROTOCOL: 'another kind of consumer is using the group: stop it, or choose another application id',
  UNSUPPORTED_SASL_MECHANISM: 'choose a SASL mechanism that the brokers have enabled',
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than replicas asked for: choose a smaller replication factor',
  INVALID_CONFIG: 'a setting of the topics is not one that the brokers take',
  INVALID_TOPIC_EXCEPTION: 'choose topic names that Kafka takes: letters, digits, dot, underscore and hyphen, at most 249',
  POLICY_VIOLATION: 'the brokers’ policy for new topics forbids this: create the topics as the policy wants them',
  UNSUPPORTED_VERSION: 'use Apache Kafka 2.4 or later',
};

/** An error, its causes, and what an error of several parts consists of; outermost first. */
function chain(error: unknown): Error[] {
  const found: Error[] = [];
  const visit = (at: unknown): void => {
    if (!(at instanceof Error) || found.includes(at)) return;
    found.push(at);
    visit(at.cause);
    if ('errors' in at && Array.isArray(at.errors)) at.errors.forEach(visit);
  };
  visit(error);
  return found;
}

function typesOf(error: unknown): string[] {
  return chain(error).flatMap((one) => {
    const type = 'type' in one && typeof one.type === 'string' ? [one.type] : [];
    return /Unknown error code 90\b/.test(one.message) ? [...type, 'PRODUCER_FENCED'] : type;
  });
}

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Whether the broker gave this protocol error, at any depth. */
export const isType = (error: unknown, type: string): boolean => typesOf(error).includes(type);

/** Whether a broker said it, as opposed to a connection that broke. */
export const isProtocolError = (error: unknown): boolean => typesOf(error).length > 0;

export const isRefusal = (error: unknown): boolean => typesOf(error).some((type) => REFUSALS.has(type));

/**
 * The reaction that a failure asks for: `Halt` with its cure when a person must act, `Fenced` when another holds the transactional id, else
 * `Retryable`. A reaction passes as it is; an error that is not the client's is a defect and passes as it is, too.
 */
export function reactionTo(thrown: unknown, doing: string): Error {
  const error = asError(thrown);
  const all = chain(error);
  const reaction = all.find((one) => one instanceof Retryable || one instanceof Fenced || one instanceof Halt);
  if (reaction !== undefined) return reaction;
  const types = typesOf(error);
  const because = all.at(-1)?.message ?? error.message;
  if (all.some((one) => one.name === 'KafkaJSSASLAuthenticationError') || types.includes('SASL_AUTHENTICATION_FAILED')) {
    return new Halt(
      `Kafka refused to authenticate this client while ${doing}: check the user, the password or token, and the mechanism. Kafka said: ${because}`,
      {
        cause: error,
      },
    );
  }
  if (all.some((one) => 'code' in one && typeof one.code === 'string' && CERTIFICATES.has(one.code))) {
    return new Halt(
      `the broker’s certificate does not hold while ${doing}: check the CA that is configured, and the brokers’ names. Node said: ${because}`,
      {
        cause: error,
      },
    );
  }
  const cured = types.find((type) => type in CURES);
  if (cured !== undefined) return new Halt(`Kafka refused ${doing} (${cured}): ${CURES[cured]}`, { cause: error });
  if (types.some((type) => FENCINGS.has(type))) return new Fenced(`another producer has taken over while ${doing}`, { cause: error });
  if (!all.some(isOfClient)) return error;
  return new Retryable(`Kafka is away while ${doing}: ${because}`, { cause: error });
}

/** kafkajs names its errors `KafkaJS…`, but for two; a socket's error has a `code`. */
function isOfClient(error: Error): boolean {
  if (error.name.startsWith('KafkaJS') || /^(Broker not connected|Aborted)$/.test(error.message)) return true;
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code);
}
