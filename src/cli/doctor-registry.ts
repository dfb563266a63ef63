/**
 * `rapport doctor`: the schema registry. Whether it answers and takes the user, and whether its subjects fit the schemas of this release.
 */
import type { Config } from '../config/config.ts';
import { type Check, Checks, listText, plural } from './doctor-check.ts';
import type { RegistryProbe, SubjectFacts } from './doctor-ports.ts';

const checks = new Checks('registry');

const UNREACHED = [
  'Look whether the registry runs and whether this host may reach it; correct RAPPORT_REGISTRY_URL (base URL with its path), RAPPORT_REGISTRY_USERNAME and RAPPORT_REGISTRY_PASSWORD.',
];

export async function checkRegistry({ registry: { url, username } }: Config, registry: RegistryProbe): Promise<Check[]> {
  const reached = await checks.attempt('registry', UNREACHED, async () => {
    const { ms } = await registry.facts();
    return checks.ok('registry', `${url} answers in ${ms} ms`);
  });
  const place = { url, curl: username === null ? 'curl' : "curl -u '<user>:<password>'" };
  if (reached.some(({ verdict }) => verdict !== 'ok')) return [...reached, checks.skipped('schemas', 'the registry cannot be asked')];
  return [...reached, ...(await checks.attempt('schemas', [], async () => subjectsOf(place, await registry.subjects())))];
}

/** The registry, and how one that wants a user is asked by hand. */
interface Place {
  readonly url: string;
  readonly curl: string;
}

function subjectsOf(place: Place, subjects: readonly SubjectFacts[]): Check[] {
  const found = subjects.flatMap((subject) => [...faultsOf(place, subject)]);
  for (const [kind, name] of [
    ['output', 'schemas of outputs'],
    ['input', 'schemas of inputs'],
  ] as const) {
    const all = subjects.filter((subject) => subject.kind === kind);
    if (all.length === 0) continue;
    const fine = all.filter(({ registered, latest, fault }) => fault === null && (kind === 'output' ? registered : latest !== null));
    if (fine.length > 0)
      found.push(checks.ok(name, kind === 'output' ? `${fine.length} registered, of this release` : `${fine.length} can be read`));
    const fresh = all.filter(({ latest, registered, fault }) => fault === null && (kind === 'output' ? !registered : latest === null));
    if (fresh.length === 0) continue;
    found.push(kind === 'output' ? newOutputs(fresh) : newInputs(fresh));
  }
  return found;
}

const names = (subjects: readonly SubjectFacts[]): string =>
  listText(
    subjects.map(({ subject }) => subject),
    2,
  );

const newOutputs = (fresh: readonly SubjectFacts[]): Check =>
  checks.warning(
    'schemas of outputs',
    `not yet registered: ${names(fresh)}`,
    `${plural(fresh.length, 'schema')} of this release ${fresh.length === 1 ? 'is' : 'are'} new to the registry. The next \`rapport run\` registers what fits, if its user may.`,
    'rapport topics create',
    'Its user must have the right to register schemas.',
  );

const newInputs = (fresh: readonly SubjectFacts[]): Check =>
  checks.warning(
    'schemas of inputs',
    `nothing registered: ${names(fresh)}`,
    'Nobody has written Avro to these topics by way of this registry yet. Records whose schema it does not know become dead letters.',
    'rapport topics create',
    'That registers rapport’s own. Or let the producers register theirs before they write; or say `format: json` of a source that is not Avro.',
  );

function* faultsOf({ url, curl }: Place, { subject, kind, latest, fault, level, strictEnough }: SubjectFacts): Generator<Check> {
  if (fault !== null && kind === 'output') {
    yield checks.fault(
      subject,
      `version ${latest} is another schema, and ours does not follow from it`,
      `No worker starts. The registry says: ${fault}`,
      'Take another application id or topic name; or, if nothing else uses the topic, remove the subject:',
      `${curl} -X DELETE ${url}/subjects/${subject}`,
    );
  } else if (fault !== null) {
    yield checks.fault(
      subject,
      `version ${latest} cannot be read`,
      `Records written with it become dead letters: ${fault}`,
      'Let the producer write a schema that has rapport’s fields (docs/topics.md, schemas/in), and send those events again.',
    );
  }
  if (!strictEnough && kind === 'output') {
    yield checks.warning(
      `${subject}: compatibility`,
      level ?? 'not set',
      'A later version may be one that readers of what is there cannot take; with FORWARD the next release of rapport may be refused.',
      `${curl} -X PUT -H 'content-type: application/json' -d '{"compatibility":"BACKWARD"}' ${url}/config/${subject}`,
    );
  }
}
