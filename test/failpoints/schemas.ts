/**
 * Keeps every schema in use while cases come and go on one registry. Apicurio 2 loses a schema that one registers at the instant at which another removes the last subject
 * that has it: the id that the first one got is not found from then on, and what was written with it is rightly dead-lettered.
 */
import { createClient } from '../../src/adapters/registry/client.ts';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import type { Resource } from '../../src/stack/resource.ts';

const subjectOf = (name: string): string => `failpoints-kept.${name.replace('/', '.')}-value`;

/** Its stop lets them go. */
export async function keepSchemas(url: string): Promise<Resource<null>> {
  const client = createClient({ url, username: null, password: null, ca: null });
  const names = Object.entries(SCHEMA_TEXTS);
  for (const [name, text] of names) await client.register(subjectOf(name), text);
  return {
    value: null,
    stop: async () => {
      for (const [name] of names) await client.remove(subjectOf(name));
      client.stop();
    },
  };
}
