/**
 * The Dockerfile as data, and the rules that it keeps. Knows as much of the language as that file uses: instructions, continued lines, stages, ARG in FROM.
 */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

interface Stage {
  readonly name: string;
  /** with ARGs put in; the name of another stage, or an image */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly args: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

export function parseDockerfile(text: string): Dockerfile {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const instructions = lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }));
  const args = new Map<string, string>();
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructions) {
    const { name, rest } = instruction;
    if (name === 'FROM') {
      const [from = '', , alias = ''] = rest.split(/ (as) /i);
      stages.push({ name: alias, from: from.replace(/\$\{(\w+)\}/g, (_, arg: string) => args.get(arg) ?? ''), instructions: [] });
      continue;
    }
    if (name === 'ARG') args.set(rest.split('=', 1)[0] ?? '', rest.slice(rest.indexOf('=') + 1));
    stages.at(-1)?.instructions.push(instruction);
  }
  return { args, stages };
}

export const stepsOf = (stage: Stage | undefined, name: string): string[] =>
  stage?.instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest) ?? [];

/** What COPY takes from the context. */
export const copiedFrom = ({ stages }: Dockerfile): string[] =>
  stages
    .flatMap((stage) => stepsOf(stage, 'COPY'))
    .filter((rest) => !rest.startsWith('--from='))
    .flatMap((rest) => rest.split(/\s+/).slice(0, -1));

const isList = (text: string): boolean => {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length > 0;
  } catch {
    return false;
  }
};

/** Rules that are broken. `version`: of the package. */
export function faultsIn(file: Dockerfile, version: string): string[] {
  const { args, stages } = file;
  const last = stages.at(-1);
  const faults: string[] = [];
  const rule = (holds: boolean, fault: string): void => void (holds || faults.push(fault));

  const names = new Set(stages.map(({ name }) => name));
  for (const { from } of stages.filter((stage) => !names.has(stage.from)))
    rule(/^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$/.test(from), `${from} is not pinned by a version`);
  const all = stages.flatMap(({ instructions }) => instructions);
  rule(!all.some(({ name }) => name === 'ADD' || name === 'SHELL'), 'ADD and SHELL do more than one sees');
  rule(!copiedFrom(file).some((source) => /^(\.|\*|\.\/|\.env.*|\.npmrc)$/.test(source)), 'COPY takes more than it names');
  const said = all
    .filter(({ name }) => name === 'ENV' || name === 'ARG')
    .flatMap(({ rest }) => [...rest.matchAll(/(\w+)=/g)].map(([, name = '']) => name));
  for (const name of said) rule(!/TOKEN|PASSWORD|SECRET|KEY|CREDENTIAL/i.test(name), `${name} would be in a layer`);

  const installs = stages
    .flatMap((stage) => stepsOf(stage, 'RUN').flatMap((run) => run.split('&&').map((step) => ({ stage, step }))))
    .filter(({ step }) => /\bnpm (ci|i|install)\b/.test(step));
  rule(installs.length > 0 && installs.every(({ step }) => step.includes('--ignore-scripts')), 'install scripts run');
  rule(!installs.some(({ stage }) => stage === last), 'the last stage installs something');
  const modules = stepsOf(last, 'COPY')
    .map((rest) => /^--from=(\w+) \S*node_modules\b/.exec(rest)?.[1])
    .filter((name) => name !== undefined);
  const omits = installs.filter(({ stage }) => modules.includes(stage.name)).map(({ step }) => step.includes('--omit=dev'));
  rule(omits.length > 0 && omits.every(Boolean), 'dependencies of the development are in the image');
  const sbom = stages
    .filter((stage) => stepsOf(stage, 'RUN').some((step) => /\bnpm sbom\b.*> sbom\.cdx\.json\b/.test(step)))
    .map(({ name }) => name);
  rule(
    stepsOf(last, 'COPY').some((rest) => sbom.some((name) => rest.startsWith(`--from=${name} `) && rest.includes('sbom.cdx.json'))),
    'no list of parts is in the image',
  );

  const users = stepsOf(last, 'USER');
  rule(users.length > 0 && users.every((user) => /^[1-9]\d*:[1-9]\d*$/.test(user)), 'the user is root, or no number');
  const order = last?.instructions.map(({ name }) => name) ?? [];
  rule(order.lastIndexOf('RUN') < order.indexOf('USER'), 'something runs after USER');
  for (const name of ['ENTRYPOINT', 'CMD'])
    rule(stepsOf(last, name).length === 1 && stepsOf(last, name).every(isList), `${name} is not a list: signals would end in a shell`);
  rule(stepsOf(last, 'HEALTHCHECK').length === 1, 'whether there is a health check is left open');
  const labels = stepsOf(last, 'LABEL').join(' ');
  for (const name of ['title', 'description', 'licenses', 'version'])
    rule(labels.includes(`org.opencontainers.image.${name}=`), `there is no label ${name}`);
  rule(args.get('VERSION') === version, `the label says another version than ${version}`);
  return faults;
}
