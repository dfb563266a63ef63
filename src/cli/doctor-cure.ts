/**
 * The commands that `rapport doctor` names as cures: Kafka's own tools, for this cluster and this user. Nothing secret stands in them.
 */
import { X509Certificate } from 'node:crypto';
import type { Config, KafkaConfig } from '../config/config.ts';
import type { Operation } from './doctor-ports.ts';

type Of = Pick<Config, 'kafka'>;

/** Credentials of somebody who may change the cluster stand in a file of his own. */
const at = ({ kafka }: Of): string =>
  `--bootstrap-server ${kafka.brokers.join(',')}${kafka.tls === null && kafka.sasl === null ? '' : ' --command-config admin.properties'}`;

/** Kafka's name of the user that the configuration is for, as far as it says; else a place to put it. */
function principalOf({ tls, sasl }: KafkaConfig): string {
  if (sasl !== null) return 'username' in sasl ? `User:${sasl.username}` : 'User:<principal of the token>';
  if (tls?.cert) return `User:${subjectOf(tls.cert)}`;
  return 'User:ANONYMOUS';
}

/** Kafka writes a subject the other way round, with commas. */
const subjectOf = (pem: string): string => new X509Certificate(pem).subject.split('\n').reverse().join(',');

export type AclOn =
  | { readonly topics: readonly string[] }
  | { readonly group: string }
  | { readonly transactionalIds: string }
  | { readonly cluster: true };

/** `transactionalIds`: all that begin with it. */
export function aclLine(config: Of, on: AclOn, operations: readonly Operation[]): string {
  const what =
    'topics' in on
      ? on.topics.map((topic) => `--topic ${topic}`).join(' ')
      : 'group' in on
        ? `--group ${on.group}`
        : 'transactionalIds' in on
          ? `--transactional-id ${on.transactionalIds} --resource-pattern-type prefixed`
          : '--cluster';
  const may = operations.map((operation) => `--operation ${operation}`).join(' ');
  return `kafka-acls.sh ${at(config)} --add --allow-principal '${principalOf(config.kafka)}' ${may} ${what}`;
}

/** Several values of one setting stand in brackets. */
export function configLine(config: Of, topic: string, name: string, value: string): string {
  const given = value.includes(',') ? `[${value}]` : value;
  return `kafka-configs.sh ${at(config)} --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${given}`;
}

export const describeLine = (config: Of, topic: string): string => `kafka-topics.sh ${at(config)} --describe --topic ${topic}`;
