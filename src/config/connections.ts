/**
 * Where Kafka, Redis and the registry are and how one gets in: several settings to one part of the configuration, with the faults that
 * only show between them. Each answers null when it cannot; the reader has the faults then.
 */
import type { KafkaConfig, RedisConfig, RegistryConfig, SaslConfig, TlsConfig } from './config.ts';
import type { Reader } from './reader.ts';
import { SETTINGS as S, type Setting } from './settings.ts';

/** A missing setting without a default is a fault too. */
async function required<T>(reader: Reader, setting: Setting<T>, cure: string): Promise<T | null> {
  const value = await reader.take(setting);
  if (!reader.given(setting)) reader.fault(setting, `is not set: ${cure}. \`rapport stack up\` starts a local one and prints its address.`);
  return value;
}

async function takeTls(reader: Reader, ca: Setting<string>, cert: Setting<string>, key: Setting<string>): Promise<TlsConfig> {
  const tls = {
    ca: await reader.takePem(ca, 'certificate'),
    cert: await reader.takePem(cert, 'certificate'),
    key: await reader.takePem(key, 'key'),
  };
  if (reader.given(cert) && !reader.given(key)) reader.fault(cert, `is given without its key: set ${key.variable} too.`);
  if (reader.given(key) && !reader.given(cert)) reader.fault(key, `is given without its certificate: set ${cert.variable} too.`);
  return tls;
}

export async function takeKafka(reader: Reader): Promise<KafkaConfig | null> {
  const brokers = await required(reader, S.brokers, 'host:port[,host:port…] of the Kafka brokers');
  const enabled = await reader.take(S.kafkaTls);
  const tls = await takeTls(reader, S.kafkaTlsCa, S.kafkaTlsCert, S.kafkaTlsKey);
  const material = [S.kafkaTlsCa, S.kafkaTlsCert, S.kafkaTlsKey].filter((setting) => reader.given(setting));
  for (const setting of enabled === false ? material : [])
    reader.fault(setting, `is given, but ${reader.where(S.kafkaTls)} is false: remove one.`);
  const secure = enabled ?? material.length > 0;
  const sasl = await takeSasl(reader);
  if (sasl && !secure)
    reader.warnings.push(`${reader.where(S.saslMechanism)}: the credentials travel in clear text; set RAPPORT_KAFKA_TLS=true.`);
  return brokers && { brokers, tls: secure ? tls : null, sasl };
}

const PASSWORD_SETTINGS = [S.saslUsername, S.saslPassword] as const;
const CLIENT_SETTINGS = [S.saslTokenEndpoint, S.saslClientId, S.saslClientSecret] as const;

async function takeSasl(reader: Reader): Promise<SaslConfig | null> {
  const mechanism = await reader.take(S.saslMechanism);
  const username = await reader.take(S.saslUsername);
  const password = await reader.take(S.saslPassword);
  const token = await reader.take(S.saslToken);
  const endpoint = await reader.take(S.saslTokenEndpoint);
  const clientId = await reader.take(S.saslClientId);
  const clientSecret = await reader.take(S.saslClientSecret);
  const scope = await reader.take(S.saslScope);

  const all: readonly Setting<unknown>[] = [...PASSWORD_SETTINGS, S.saslToken, ...CLIENT_SETTINGS, S.saslScope];
  if (!mechanism) {
    const first = all.find((setting) => reader.given(setting));
    if (first && !reader.given(S.saslMechanism))
      reader.fault(first, `is given, but ${S.saslMechanism.variable} is not: set it, or remove this.`);
    return null;
  }
  const needed: readonly Setting<unknown>[] =
    mechanism !== 'oauthbearer' ? PASSWORD_SETTINGS : reader.given(S.saslToken) ? [S.saslToken] : CLIENT_SETTINGS;
  for (const setting of needed) {
    if (!reader.given(setting))
      reader.faults.push({
        where: setting.variable,
        message: `is not set, and SASL ${mechanism} needs it${mechanism === 'oauthbearer' ? ' (or a token)' : ''}.`,
      });
  }
  const used = new Set<Setting<unknown>>(mechanism === 'oauthbearer' && !token ? [...needed, S.saslScope] : needed);
  for (const setting of all)
    if (reader.given(setting) && !used.has(setting)) reader.warnings.push(`${reader.where(setting)}: is not used.`);

  if (mechanism !== 'oauthbearer') return username && password ? { mechanism, username, password } : null;
  if (token) return { mechanism, token };
  if (!endpoint || !clientId || !clientSecret) return null;
  if (endpoint.username || endpoint.password) {
    reader.fault(
      S.saslTokenEndpoint,
      `must not hold a user or password: use ${S.saslClientId.variable} and ${S.saslClientSecret.variable}.`,
    );
  }
  return { mechanism, tokenEndpoint: endpoint.url, clientId, clientSecret, scope };
}

export async function takeRedis(reader: Reader): Promise<RedisConfig | null> {
  const url = await required(reader, S.redisUrl, 'redis://host:port of the Redis server, or of the nodes of a Redis Cluster');
  const tls = await takeTls(reader, S.redisTlsCa, S.redisTlsCert, S.redisTlsKey);
  for (const setting of url && !url.secure ? [S.redisTlsCa, S.redisTlsCert, S.redisTlsKey] : []) {
    if (reader.given(setting)) reader.fault(setting, `is given, but ${reader.where(S.redisUrl)} begins with redis://: write rediss://.`);
  }
  if (url?.password && !url.secure && !url.nodes.every((node) => isLocal(node.host))) {
    reader.warnings.push(`${reader.where(S.redisUrl)}: the password travels in clear text; use rediss://.`);
  }
  return url && { nodes: url.nodes, username: url.username, password: url.password, database: url.database, tls: url.secure ? tls : null };
}

const isLocal = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

export async function takeRegistry(reader: Reader): Promise<RegistryConfig | null> {
  const url = await required(reader, S.registryUrl, 'the base URL of the schema registry');
  const username = await reader.take(S.registryUsername);
  const password = await reader.take(S.registryPassword);
  const ca = await reader.takePem(S.registryCa, 'certificate');
  if (url?.username && (username || password))
    reader.fault(S.registryUrl, `holds a user, and so does ${S.registryUsername.variable}: remove one.`);
  if (reader.given(S.registryUsername) !== reader.given(S.registryPassword) && !url?.username) {
    const [there, missing] = reader.given(S.registryUsername)
      ? [S.registryUsername, S.registryPassword]
      : [S.registryPassword, S.registryUsername];
    reader.fault(there, `is given without ${missing.variable}: set both.`);
  }
  if (url && ca && url.url.startsWith('http:'))
    reader.fault(S.registryCa, `is given, but ${reader.where(S.registryUrl)} begins with http://: write https://.`);
  return url && { url: url.url, username: username ?? url.username, password: password ?? url.password, ca };
}
