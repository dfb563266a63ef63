/**
 * Which broker has which role, asked by hand over the wire: no client library tells. Source: the Kafka protocol guide, "FindCoordinator" (key 10, version 1) and
 * "DescribeQuorum" (key 55, version 0).
 */
import { ask } from '../../src/stack/ask.ts';

const GROUP = 0;
const TRANSACTION = 1;

const string = (text: string): Buffer => {
  const length = Buffer.alloc(2);
  length.writeInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
};
/** of versions with tagged fields: the length plus one, as a varint (here always below 127) */
const compact = (text: string): Buffer => Buffer.concat([Buffer.from([Buffer.byteLength(text) + 1]), Buffer.from(text)]);

function framed(apiKey: number, version: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(1, 8);
  const request = Buffer.concat([head, string('rapport-chaos'), rest]);
  request.writeInt32BE(request.length - 4, 0);
  return request;
}

const whole = (soFar: Buffer): Buffer | undefined =>
  soFar.length >= 4 && soFar.length >= 4 + soFar.readInt32BE(0) ? soFar.subarray(8) : undefined;

async function coordinator(port: number, name: string, kind: number): Promise<number> {
  const answer = await ask(port, framed(10, 1, Buffer.concat([string(name), Buffer.from([kind])])), whole);
  // throttle time, error, message (nullable), node
  const error = answer.readInt16BE(4);
  if (error !== 0) throw new Error(`the coordinator of ${name} is not known: error ${error}`);
  const message = answer.readInt16BE(6);
  return answer.readInt32BE(8 + Math.max(0, message));
}

/** The node id of the broker that keeps the group. @param port where any broker listens */
export const groupCoordinator = (port: number, group: string): Promise<number> => coordinator(port, group, GROUP);

/** The node id of the broker that decides the transactions of this id. */
export const transactionCoordinator = (port: number, id: string): Promise<number> => coordinator(port, id, TRANSACTION);

/** The node id of the active controller: the leader of the metadata log. */
export async function controller(port: number): Promise<number> {
  const none = Buffer.from([0]);
  const partition = Buffer.concat([Buffer.from([2]), Buffer.alloc(4), none]);
  const topics = Buffer.concat([Buffer.from([2]), compact('__cluster_metadata'), partition, none]);
  const answer = await ask(port, framed(55, 0, Buffer.concat([none, topics, none])), whole);
  // no tags, error, one topic: its name, one partition: index, error, leader
  const error = answer.readInt16BE(1);
  if (error !== 0) throw new Error(`the quorum is not known: error ${error}`);
  const name = answer[4] ?? 0;
  return answer.readInt32BE(4 + name + 1 + 4 + 2);
}
