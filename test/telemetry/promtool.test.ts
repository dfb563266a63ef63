/** Prometheus' own judgement of the rules, the configuration and the dashboard's queries. Skipped where promtool is not there, with a line that says so. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { runTool } from '../../src/stack/tool.ts';
import { DAY, purchase } from '../engine/support/history.ts';
import { read } from '../support/markdown.ts';
import { type Dashboard, expressionsOf, FOLDER, promtool } from './observability.ts';
import { scene } from './support.ts';

const tool = await promtool();

describe.skipIf(tool === null)('promtool', { timeout: 120_000 }, () => {
  const run = (...args: string[]): Promise<string> => runTool([tool ?? '', ...args], { cwd: FOLDER, seconds: 100 });

  test('takes the rules, and each alert fires where it is to and nowhere else', async () => {
    expect(await run('check', 'rules', 'rules.yaml')).toContain('SUCCESS');
    expect(await run('test', 'rules', 'rules.test.yaml')).toContain('SUCCESS');
  });

  test('finds a rule that does not fire: the tests can fail', async () => {
    const folder = scratch();
    cpSync(join(FOLDER, 'rules.test.yaml'), join(folder, 'rules.test.yaml'));
    writeFileSync(
      join(folder, 'rules.yaml'),
      read('observability/rules.yaml').replace('rapport_timer_overdue_seconds) > 300', 'rapport_timer_overdue_seconds) > 3000'),
    );
    await expect(run('test', 'rules', join(folder, 'rules.test.yaml'))).rejects.toThrow('RapportTimersOverdue');
  });

  test('takes the configuration', async () => {
    const folder = scratch();
    for (const file of ['prometheus.yaml', 'rules.yaml']) cpSync(join(FOLDER, file), join(folder, file));
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets/rapport-metrics-token'), 'x');
    expect(await run('check', 'config', join(folder, 'prometheus.yaml'))).toContain('SUCCESS');
  });

  test('finds nothing to say against what a worker tells', async () => {
    const { driver, metrics, start, scrape } = scene({});
    driver.pipe(purchase('e1', 'anna', driver.clock.wall() - 30 * DAY));
    await start();
    await driver.settle();
    await scrape();
    const file = join(scratch(), 'metrics.txt');
    writeFileSync(file, (await metrics.exposition()).text);
    expect(await runTool(['sh', '-c', '"$0" check metrics < "$1"', tool ?? '', file])).toBe('');
  });

  test('understands every query of the dashboard', async () => {
    const dashboard: Dashboard = JSON.parse(read('observability/grafana-dashboard.json'));
    const chosen = (expr: string): string =>
      expr.replaceAll('$__rate_interval', '1m').replaceAll('$application', 'a').replaceAll('$shard', '0|1');
    const rules = expressionsOf(dashboard).map(({ expr }, i) => ({ record: `q${i}`, expr: chosen(expr) }));
    const file = join(scratch(), 'queries.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(await run('check', 'rules', file)).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rapport-promtool-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
