/**
 * Three questions of the Kafka protocol that kafkajs does not ask in these versions: metadata and group descriptions with the operations that the asker is
 * allowed (Metadata 8 and DescribeGroups 3, since Kafka 2.3), and the features of a broker, which tell its release (ApiVersions 3, features since 2.7).
 * Boundary: bytes alone (kafka.apache.org/protocol), over a connection of kafkajs's. What an answer says of a topic is a value; of a group it is thrown.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The parts of kafkajs's encoder and decoder that are used. */
interface Encoding {
  writeBoolean(value: boolean): Encoding;
  writeInt8(value: number): Encoding;
  writeArray(values: readonly string[]): Encoding;
  writeUVarIntString(value: string): Encoding;
}

interface Decoding {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readString(): string;
  readBytes(length?: number): Buffer;
  readUVarInt(): number;
  readUVarIntString(): string;
  readArray<T>(read: (decoder: Decoding) => T): T[];
}

const Encoder: new () => Encoding = require('kafkajs/src/protocol/encoder');
const Decoder: new (bytes: Buffer) => Decoding = require('kafkajs/src/protocol/decoder');
const {
  createErrorFromCode,
}: { createErrorFromCode(code: number): Error & { readonly type: string } } = require('kafkajs/src/protocol/error');

/** As kafkajs's connections send it. */
export interface Question<T> {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; encode(): Promise<Encoding> };
  readonly response: { decode(bytes: Buffer): Promise<T>; parse(answer: T): Promise<T> };
}

const question = <T>(
  [apiKey, apiVersion, apiName]: readonly [number, number, string],
  encode: () => Encoding,
  decode: (decoder: Decoding) => T,
): Question<T> => ({
  request: { apiKey, apiVersion, apiName, encode: async () => encode() },
  response: { decode: async (bytes) => decode(new Decoder(bytes)), parse: async (answer) => answer },
});

/** Kafka's operations of an ACL, by their number in the bits of an answer. */
const OPERATIONS = {
  3: 'Read',
  4: 'Write',
  5: 'Create',
  6: 'Delete',
  8: 'Describe',
  10: 'DescribeConfigs',
  12: 'IdempotentWrite',
} as const;
export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];

const NOT_SAID = -(2 ** 31);

/** Null when the broker does not say. */
function operationsOf(bits: number): Operation[] | null {
  if (bits === NOT_SAID) return null;
  return Object.entries(OPERATIONS).flatMap(([bit, operation]) => ((bits >>> Number(bit)) & 1 ? [operation] : []));
}

/** The protocol's name of an error; null for none. */
const errorOf = (code: number): string | null => (code === 0 ? null : createErrorFromCode(code).type);

const readInts = (decoder: Decoding): number[] => decoder.readArray((each) => each.readInt32());

export interface MetadataAnswer {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly {
    readonly error: string | null;
    readonly topic: string;
    readonly partitions: readonly {
      readonly error: string | null;
      readonly partition: number;
      readonly leader: number;
      readonly replicas: number[];
      readonly inSync: number[];
    }[];
    readonly operations: Operation[] | null;
  }[];
  /** on the cluster; null for who may not Describe it */
  readonly operations: Operation[] | null;
}

/** Creates no topic that is missing. */
export const metadataOf = (topics: readonly string[]): Question<MetadataAnswer> =>
  question(
    [3, 8, 'Metadata'],
    () => new Encoder().writeArray(topics).writeBoolean(false).writeBoolean(true).writeBoolean(true),
    (decoder) => {
      decoder.readInt32(); // throttle time
      const brokers = decoder.readArray((each) => {
        const broker = { id: each.readInt32(), host: each.readString(), port: each.readInt32() };
        each.readString(); // rack
        return broker;
      });
      decoder.readString(); // cluster id
      decoder.readInt32(); // controller
      const found = decoder.readArray((each) => {
        const error = errorOf(each.readInt16());
        const topic = each.readString();
        each.readBoolean(); // internal
        return { error, topic, partitions: sorted(each.readArray(readPartition)), operations: operationsOf(each.readInt32()) };
      });
      const bits = decoder.readInt32();
      return { brokers, topics: found, operations: bits === 0 ? null : operationsOf(bits) };
    },
  );

type Partition = MetadataAnswer['topics'][number]['partitions'][number];

/** Brokers list them in any order. */
const sorted = (partitions: readonly Partition[]): Partition[] => partitions.toSorted((a, b) => a.partition - b.partition);

function readPartition(decoder: Decoding): Partition {
  const error = errorOf(decoder.readInt16());
  const partition = decoder.readInt32();
  const leader = decoder.readInt32();
  decoder.readInt32(); // leader epoch
  const [replicas, inSync] = [readInts(decoder), readInts(decoder)];
  readInts(decoder); // replicas that are offline
  return { error, partition, leader, replicas, inSync };
}

export interface GroupAnswer {
  /** how its members share partitions; empty while they agree on it, and without members */
  readonly protocol: string;
  /** each as `client id at host` */
  readonly members: readonly string[];
  readonly operations: Operation[] | null;
}

export const groupOf = (group: string): Question<GroupAnswer | undefined> =>
  question(
    [15, 3, 'DescribeGroups'],
    () => new Encoder().writeArray([group]).writeBoolean(true),
    (decoder) => {
      decoder.readInt32(); // throttle time
      const [found] = decoder.readArray((each): GroupAnswer => {
        const code = each.readInt16();
        if (code !== 0) throw createErrorFromCode(code);
        for (let passed = 0; passed < 3; passed++) each.readString(); // the group, its state, its kind of protocol
        const protocol = each.readString();
        return { protocol, members: each.readArray(readMember), operations: operationsOf(each.readInt32()) };
      });
      return found;
    },
  );

function readMember(decoder: Decoding): string {
  decoder.readString(); // member id
  const [client, host] = [decoder.readString(), decoder.readString()];
  decoder.readBytes();
  decoder.readBytes();
  return `${client} at ${host.replace(/^\//, '')}`;
}

/** The highest level of each feature that a broker supports; of `metadata.version` it tells the broker's release. */
export const features = (): Question<ReadonlyMap<string, number>> =>
  question(
    [18, 3, 'ApiVersions'],
    // The header of requests with tagged fields ends with their number, which kafkajs does not write.
    () => new Encoder().writeInt8(0).writeUVarIntString('rapport').writeUVarIntString('1').writeInt8(0),
    (decoder) => {
      decoder.readInt16(); // error
      for (let left = decoder.readUVarInt() - 1; left > 0; left--) {
        decoder.readBytes(6);
        taggedOf(decoder);
      }
      decoder.readInt32(); // throttle time
      const bytes = taggedOf(decoder).get(0);
      const found = new Map<string, number>();
      if (bytes === undefined) return found;
      const supported = new Decoder(bytes);
      for (let left = supported.readUVarInt() - 1; left > 0; left--) {
        const name = supported.readUVarIntString();
        supported.readInt16(); // lowest level
        found.set(name, supported.readInt16());
        taggedOf(supported);
      }
      return found;
    },
  );

function taggedOf(decoder: Decoding): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    const tag = decoder.readUVarInt();
    found.set(tag, decoder.readBytes(decoder.readUVarInt()));
  }
  return found;
}
