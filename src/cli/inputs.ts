/**
 * A feed to the input topics as they are: by their own numbers of partitions, each record in its source's format.
 */

import type { EventType } from '../config/config.ts';
import { eventSources } from '../config/topics.ts';
import { Halt } from '../engine/errors.ts';
import type { Context } from './command.ts';
import type { Schemas } from './connections.ts';
import { Feed } from './feed.ts';

type Encode = Awaited<ReturnType<Schemas['inputs']>>;

export interface Inputs {
  readonly feed: Feed;
  /** the event types that have a source with our fields */
  readonly types: ReadonlySet<EventType>;
}

/** A record that its source's format cannot hold. */
export class Unencodable extends Error {}

/** Throws Halt when an input topic is missing; Retryable when a server is away. */
export async function openInputs({ config, connections }: Pick<Context, 'config' | 'connections'>): Promise<Inputs> {
  const partitions = new Map<string, number>();
  // Commands are given, not fed.
  const direct = eventSources(config.sources).filter(({ map }) => map === undefined);
  for (const { topic } of direct) partitions.set(topic, (await connections.logs.partitions(topic)) ?? 0);
  const missing = [...partitions].filter(([, count]) => count === 0).map(([topic]) => topic);
  if (missing.length > 0) throw new Halt(`there is no topic ${missing.join(', ')}: create what is missing with \`rapport topics create\``);
  const encode = await (await connections.schemas()).inputs();
  const encodeOrSay: Encode = (source, event) => {
    try {
      return encode(source, event);
    } catch (cause) {
      throw new Unencodable(`it does not fit the schema of ${source.topic}`, { cause });
    }
  };
  const feed = new Feed(config, await connections.producer(), encodeOrSay, (topic) => partitions.get(topic) ?? config.shards);
  return { feed, types: new Set(direct.flatMap(({ type }) => (type === null ? [] : [type]))) };
}
