/**
 * What `rapport doctor` asks of the schema registry: whether it answers, and how each subject stands to the schemas of this release. Registers nothing.
 */
import type { RegistryProbe, SubjectFacts } from '../../cli/doctor-ports.ts';
import { SCHEMA_TEXTS } from '../../codec/types.ts';
import { wireReader } from '../../codec/wire.ts';
import type { Config } from '../../config/config.ts';
import { createClient, isStrictEnough } from './client.ts';
import { createHttp, field } from './http.ts';
import { inputSubjects, outputSubjects, type Subject } from './subjects.ts';

const TIME_OUT_MS = 4_000;
const NO_ANSWER = { status: 404, body: undefined };

export function createProbe(config: Pick<Config, 'registry' | 'sources' | 'topics'>): { value: RegistryProbe; stop(): Promise<void> } {
  const http = createHttp(config.registry, TIME_OUT_MS);
  const client = createClient(config.registry, TIME_OUT_MS);

  const factsOf = async (kind: 'output' | 'input', { subject, schema }: Subject): Promise<SubjectFacts> => {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const last = await http.call('GET', `${path}/versions/latest`);
    const [latest, id] = [numberIn(last.body, 'version'), numberIn(last.body, 'id')];
    const found = latest === null ? NO_ANSWER : await http.call('POST', path, { schema: SCHEMA_TEXTS[schema] });
    const registered = found.status === 200;
    const config = await http.call('GET', `/config/${encodeURIComponent(subject)}`);
    const level = config.status === 200 ? String(field(config.body, 'compatibilityLevel')) : null;
    let fault: string | null = null;
    // Without a level of its own some registries call everything compatible; registering sets BACKWARD, so that is what counts at the least.
    if (id !== null && !(kind === 'output' && registered)) fault = await unreadable(schema, id);
    if (fault === null && kind === 'output' && latest !== null && !registered) fault = await incompatible(subject, schema);
    return { subject, kind, registered, latest, fault, level, strictEnough: level === null || isStrictEnough(level) };
  };

  const unreadable = async (schema: Subject['schema'], id: number): Promise<string | null> => {
    const writer = await client.find(id);
    if (typeof writer === 'string') return writer;
    try {
      wireReader(schema, writer);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  const incompatible = async (subject: string, schema: Subject['schema']): Promise<string | null> => {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`;
    const { status, body } = await http.call('POST', path, { schema: SCHEMA_TEXTS[schema] });
    if (status === 200 && field(body, 'is_compatible') === true) return null;
    const messages = field(body, 'messages');
    return Array.isArray(messages) && messages.length > 0 ? messages.map(String).join('; ') : 'it breaks the compatibility that is set';
  };

  return {
    value: {
      async facts() {
        const begun = performance.now();
        const { at } = await http.call('GET', '/schemas/types');
        const ours = Date.now();
        return { ms: Math.round(performance.now() - begun), clock: at === null ? null : { its: at, ours } };
      },
      subjects: () =>
        Promise.all([
          ...outputSubjects(config).map((subject) => factsOf('output', subject)),
          ...inputSubjects(config).map((subject) => factsOf('input', subject)),
        ]),
    },
    async stop() {
      http.stop();
      client.stop();
    },
  };
}

function numberIn(body: unknown, name: string): number | null {
  const found = field(body, name);
  return typeof found === 'number' ? found : null;
}
