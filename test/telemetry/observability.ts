/** The files of observability/ as data, and promtool, which judges them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cached, isCached } from '../../src/stack/cache.ts';
import { runTool, tryTool } from '../../src/stack/tool.ts';
import { ROOT } from '../support/markdown.ts';

export const FOLDER = join(ROOT, 'observability');
export const RULES = 'observability/rules.yaml';

export interface Rules {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
    }[];
  }[];
}

interface DataSource {
  readonly uid: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: DataSource;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: DataSource }[];
  readonly panels?: readonly Panel[];
}

export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

export const panelsOf = ({ panels }: Pick<Dashboard, 'panels'>): Panel[] =>
  panels.flatMap((panel) => [panel, ...panelsOf({ panels: panel.panels ?? [] })]);

export const expressionsOf = (of: Dashboard): { readonly panel: string; readonly expr: string }[] =>
  panelsOf(of).flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));

const NAME = 'promtool-debian';
const WITHIN = 'usr/bin/promtool';

/**
 * The command: from the PATH, from the cache, on CI fetched from Debian's package into the cache. Null where it is not there, with one line that names the cure; on CI, where nobody would
 * read it, that is an error.
 */
export async function promtool(): Promise<string | null> {
  if ((await tryTool(['promtool', '--version'], { seconds: 20 })) !== null) return 'promtool';
  if (!isCached(NAME) && process.env.CI) {
    await cached(NAME, async (target) => {
      console.log('fetching promtool (19 MB, once)');
      await runTool(['sh', '-c', 'apt-get download prometheus || { apt-get update -qq && apt-get download prometheus; }'], { cwd: target });
      await runTool(['sh', '-c', 'dpkg -x prometheus_*.deb . && rm prometheus_*.deb'], { cwd: target });
    }).catch((cause: unknown) => {
      throw new Error('promtool is not here and could not be fetched: install Debian’s package prometheus, or put promtool on the PATH', {
        cause,
      });
    });
  }
  const found = isCached(NAME) ? join(await cached(NAME, async () => {}), WITHIN) : null;
  if (found !== null && existsSync(found)) return found;
  console.log(
    'promtool is not here, so the alert rules are not tried: put it on the PATH (Debian: apt-get install prometheus), or set CI=1 to have it fetched',
  );
  return null;
}
