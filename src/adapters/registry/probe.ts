/**
 * What `rapport doctor` asks of the schema registry: whether it answers, and how each subject stands to the schemas of this release. Registers nothing.
 */
import { SCHEMA_TEXTS } from '../../codec/types.ts';
import { wireReader } from '../../codec/wire.ts';
import type { Config } from '../../config/config.ts';
import { createClient, isStrictEnough } from './client.ts';
import { createHttp, field } from './http.ts';
import { inputSubjects, outputSubjects, type Subject } from './subjects.ts';

export interface SubjectFacts {
  readonly subject: string;
  readonly kind: 'output' | 'input';
  /** whether our schema is one of its versions */
  readonly registered: boolean;
  /** the number of its last version; null when there is no such subject */
  readonly latest: number | null;
  /**
   * Of an output that is not registered: why it could not be. Of an input: why records of the last version cannot be read. Null when it could, and they can.
   */
  readonly fault: string | null;
  /** its own compatibility; null when it has none of its own */
  readonly level: string | null;
  /** whether a next version under that level is sure to be one that readers can take */
  readonly strictEnough: boolean;
}

export interface RegistryFacts {
  readonly ms: number;
  /** its clock to the second, ms, and this host's when the answer came; null when it does not say */
  readonly clock: { readonly its: number; readonly ours: number } | null;
}

export interface RegistryProbe {
  /** Throws Retryable when it is away or refuses the user. */
  facts(): Promise<RegistryFacts>;
  /** In the order of the topics, outputs first. */
  subjects(): Promise<SubjectFacts[]>;
}

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
