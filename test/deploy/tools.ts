/**
 * The programs that judge the manifests and the compose file without a cluster or an engine: kustomize, kubernetes-validate, docker compose. Each is taken from this machine,
 * else from the cache, else, on CI, fetched into the cache. Where it is not to be had its test skips, with one line that names the cure.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { cached, cacheFolder, isCached } from '../../src/stack/cache.ts';
import { runTool, tryTool } from '../../src/stack/tool.ts';

const KUSTOMIZE = 'v5.8.1';
const COMPOSE = 'v5.0.2';
const VALIDATE = '1.34.1';

/** ms that fetching all of them may take on a slow machine */
export const FETCH_MS = 900_000;

/** What a command line begins with. */
export type Program = readonly string[];

interface Tool {
  readonly name: string;
  /** its entry in the cache, and how it is called there */
  readonly entry: string;
  command(folder: string): Program;
  readonly cure: string;
  here(): Promise<Program | null>;
  fetch(folder: string): Promise<void>;
}

const asked = async (program: Program, ...args: string[]): Promise<Program | null> =>
  (await tryTool([...program, ...args], { seconds: 30 })) === null ? null : program;

/** `go install` names a program by its folder. */
async function goInstall(what: string, built: string, folder: string): Promise<void> {
  const bin = await mkdtemp(join(tmpdir(), 'rapport-go-'));
  try {
    await runTool(['go', 'install', what], { env: { ...process.env, GOBIN: bin, GOFLAGS: '-buildvcs=false' } });
    await copyFile(join(bin, built), join(folder, built));
  } finally {
    await rm(bin, { recursive: true, force: true });
  }
}

const TOOLS = {
  kustomize: {
    name: 'kustomize',
    entry: `kustomize-${KUSTOMIZE}`,
    command: (folder) => [join(folder, 'kustomize'), 'build'],
    cure: 'install kubectl 1.27 or later; or with Go, CI=1 fetches it',
    async here() {
      // Components with selectors in patches need kustomize 5, which kubectl has since 1.27.
      const said = await tryTool(['kubectl', 'version', '--client'], { seconds: 30 });
      if (/^Kustomize Version: v([5-9]|\d\d)\./m.test(said ?? '')) return ['kubectl', 'kustomize'];
      const alone = await tryTool(['kustomize', 'version'], { seconds: 30 });
      return /^v([5-9]|\d\d)\./.test(alone?.trim() ?? '') ? ['kustomize', 'build'] : null;
    },
    fetch: (folder) => goInstall(`sigs.k8s.io/kustomize/kustomize/v5@${KUSTOMIZE}`, 'kustomize', folder),
  },
  validate: {
    name: 'kubernetes-validate',
    entry: `kubernetes-validate-${VALIDATE}`,
    // By the module: the script in bin names the folder in which it was installed, and the cache renames that.
    command: (folder) => [join(folder, 'bin/python'), '-m', 'kubernetes_validate'],
    cure: 'with Python, CI=1 fetches it',
    here: () => asked(['kubernetes-validate'], '--version'),
    async fetch(folder) {
      await runTool(['python3', '-m', 'venv', folder]);
      const pip = [join(folder, 'bin/python'), '-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
      await runTool([...pip, `kubernetes-validate==${VALIDATE}`]);
    },
  },
  compose: {
    name: 'docker compose',
    entry: `compose-${COMPOSE}`,
    command: (folder) => [join(folder, 'cmd')],
    cure: 'install the compose plugin of Docker; or with Go, CI=1 fetches it',
    here: () => asked(['docker', 'compose'], 'version'),
    fetch: (folder) => goInstall(`github.com/docker/compose/v5/cmd@${COMPOSE}`, 'cmd', folder),
  },
} as const satisfies Readonly<Record<string, Tool>>;

type ToolName = keyof typeof TOOLS;

/** The program, or a line that says why it is not to be had. */
export async function find(name: ToolName): Promise<Program | string> {
  const tool: Tool = TOOLS[name];
  const here = await tool.here();
  if (here !== null) return here;
  if (isCached(tool.entry)) return tool.command(join(cacheFolder(), tool.entry));
  if (!process.env.CI) {
    const line = `${tool.name} is not here, so what it judges is not tested: ${tool.cure}`;
    console.log(line);
    return line;
  }
  console.log(`fetching ${tool.name} (once)`);
  return tool.command(await cached(tool.entry, (folder) => tool.fetch(folder)));
}

/** Skips the test with that line where there is none. */
export function needed(context: Pick<TestContext, 'skip'>, found: Program | string): Program {
  if (typeof found === 'string') context.skip(found);
  return typeof found === 'string' ? [] : found;
}
