/**
 * The one place that makes kafkajs clients: addresses, TLS, SASL, log, corrections. Boundary: no other folder imports kafkajs, and in this one nothing
 * makes a client in another way.
 */
import net from 'node:net';
import tls from 'node:tls';
import kafkajs, { type KafkaConfig as ClientConfig, type ISocketFactory, type SASLOptions } from 'kafkajs';
import type { Logger } from 'pino';
import type { Config, KafkaConfig, SaslConfig, TlsConfig } from '../../config/config.ts';
import { Retryable } from '../../engine/errors.ts';
import './corrections.ts';
import { clientLevel, logCreator } from './log.ts';
import { tokensFrom } from './oauth.ts';

/** What this folder needs of the configuration. */
export type KafkaSettings = Pick<
  Config,
  'applicationId' | 'shards' | 'kafka' | 'topics' | 'sources' | 'sessionTimeoutMs' | 'transactionTimeoutMs'
>;

export type Client = InstanceType<typeof kafkajs.Kafka>;

export interface ClientOptions {
  readonly clientId: string;
  /** ms: the longest wait for one answer */
  readonly requestTimeout: number;
  /** ms between the first attempts, doubling; `retries` after the first attempt */
  readonly retry: { readonly initialRetryTime: number; readonly retries: number };
  readonly socketFactory?: ISocketFactory;
}

export const createClient = (config: KafkaConfig, log: Logger, options: ClientOptions): Client =>
  new kafkajs.Kafka(clientSettings(config, log, options));

export function clientSettings(config: KafkaConfig, log: Logger, options: ClientOptions): ClientConfig {
  const settings: ClientConfig = {
    clientId: options.clientId,
    // In another order for each client: one that is stuck behind a dead seed is followed by one that is not.
    brokers: config.brokers.toSorted(() => Math.random() - 0.5),
    connectionTimeout: 3_000,
    authenticationTimeout: 10_000,
    requestTimeout: options.requestTimeout,
    retry: { ...options.retry, maxRetryTime: 5_000 },
    logLevel: clientLevel(log),
    logCreator: logCreator(log),
    socketFactory: options.socketFactory ?? createSockets().factory,
  };
  if (config.tls !== null) settings.ssl = tlsOptions(config.tls);
  if (config.sasl !== null) settings.sasl = saslOptions(config.sasl);
  return settings;
}

function tlsOptions({ ca, cert, key }: TlsConfig): tls.ConnectionOptions {
  return { ...(ca === null ? {} : { ca: [ca] }), ...(cert === null ? {} : { cert }), ...(key === null ? {} : { key }) };
}

function saslOptions(sasl: SaslConfig): SASLOptions {
  if (sasl.mechanism !== 'oauthbearer') {
    const { mechanism, username, password } = sasl;
    return mechanism === 'plain' ? { mechanism, username, password } : { mechanism, username, password };
  }
  if ('token' in sasl) return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: sasl.token }) };
  const token = tokensFrom(sasl);
  return {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => {
      try {
        return { value: await token() };
      } catch (error) {
        // kafkajs waits and tries again only where an error says that it may.
        throw error instanceof Retryable ? Object.assign(error, { retriable: true }) : error;
      }
    },
  };
}

export interface Sockets {
  readonly factory: ISocketFactory;
  /** Cuts every connection at once: no request sent over them is followed by another. */
  cut(): void;
}

/** Connections that can be cut. kafkajs itself can only close them politely, which waits for answers that may never come. */
export function createSockets(): Sockets {
  const open = new Set<net.Socket>();
  let closed = false;
  return {
    factory: ({ host, port, ssl, onConnect }) => {
      const name = net.isIP(host) === 0 ? { servername: host } : {};
      const socket = ssl ? tls.connect({ host, port, ...name, ...ssl }, onConnect) : net.connect({ host, port }, onConnect);
      socket.setKeepAlive(true, 60_000);
      socket.setNoDelay(true);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (closed) process.nextTick(() => socket.destroy(new Error('this client is closed')));
      return socket;
    },
    cut() {
      closed = true;
      for (const socket of open) socket.destroy(new Error('this client is closed'));
    },
  };
}
