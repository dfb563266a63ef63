/** Holds the tree of names, the documentation, the dashboard, the rules and their runbooks to each other. Needs no server and no tool. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { APPLICATION, METRICS, type Metric, SPANS } from '../../src/telemetry/names.ts';
import { Metrics } from '../../src/telemetry/registry.ts';
import { anchorsOf, codes, doc, read, rowsOf, section } from '../support/markdown.ts';
import { type Dashboard, expressionsOf, panelsOf, RULES, type Rules } from './observability.ts';

const GROUPS: Readonly<Record<keyof typeof METRICS, Readonly<Record<string, Metric>>>> = METRICS;
const ALL: readonly Metric[] = Object.values(GROUPS).flatMap((group) => Object.values(group));
const BY_NAME = new Map(ALL.map((metric) => [metric.name, metric]));
/** what is asked of a metric, by what a query calls it */
const SERIES = new Map(
  ALL.flatMap((metric) =>
    metric.type === 'histogram'
      ? ['_bucket', '_sum', '_count'].map((end) => [`${metric.name}${end}`, metric] as const)
      : [[metric.name, metric] as const],
  ),
);
/** labels that Prometheus itself gives */
const GIVEN = ['job', 'instance', APPLICATION];

const dashboard: Dashboard = JSON.parse(read('observability/grafana-dashboard.json'));
const rules: Rules = parse(read(RULES));
const alerts = rules.groups.flatMap((group) => group.rules);

test('names are unique, in base units, and as Prometheus wants them', () => {
  expect(BY_NAME.size).toBe(ALL.length);
  for (const { name, type, labels, help, ...metric } of ALL) {
    expect(name).toMatch(/^(rapport|process|nodejs)_[a-z0-9_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(type === 'histogram', name).toBe('buckets' in metric);
    expect(help.length, name).toBeGreaterThan(5);
    for (const label of labels)
      expect([
        'shard',
        'topic',
        'outcome',
        'reason',
        'kind',
        'reaction',
        'result',
        'server',
        'call',
        'version',
        'node',
        'policy',
        'route',
        'status',
      ]).toContain(label);
  }
});

test('the metrics of the process are those of the client library', async () => {
  const { text } = await new Metrics('a', true).exposition();
  for (const { name, type } of Object.values(METRICS.process)) expect(text).toContain(`# TYPE ${name} ${type}`);
});

test.each([
  ['worker', /^## Of a worker/m],
  ['serve', /^## Of rapport serve/m],
  ['process', /^## Of the process/m],
] as const)('docs/metrics.md lists every metric of the %s with type, labels and unit, and no other', (group, head) => {
  const rows = rowsOf(section(doc('docs/metrics.md'), head)).map((row) => ({
    name: codes(row.get('metric') ?? '')[0],
    type: row.get('type'),
    labels: codes(row.get('labels') ?? ''),
    unit: row.get('unit'),
    help: row.get('meaning'),
  }));
  const wanted = Object.values(GROUPS[group]).map(({ name, type, labels, unit, help }) => ({
    name,
    type,
    labels: [...labels],
    unit,
    help,
  }));
  expect(rows).toEqual(wanted);
});

test('what the documentation calls a metric is one, and every span attribute is named', () => {
  for (const page of ['docs/metrics.md', 'docs/operations.md'])
    for (const code of codes(doc(page))) if (/^rapport_\w+$/.test(code)) expect(BY_NAME.has(code), `${page}: ${code}`).toBe(true);
  for (const attribute of Object.values(SPANS.attributes))
    if (attribute.startsWith('rapport.')) expect(codes(doc('docs/metrics.md'))).toContain(attribute);
});

/** Every metric and label of a query, as far as a pattern sees: names before a brace or a range, labels within braces and after `by`. */
function usedBy(expression: string): { readonly metrics: readonly string[]; readonly labels: readonly string[] } {
  const bare = expression.replace(/"[^"]*"/g, '""');
  const metrics = [...bare.matchAll(/\b(?:rapport|process|nodejs)_\w+/g)].map(([name]) => name);
  const labels = [
    ...[...bare.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = '']) =>
      [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    ),
    ...[...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inner = '']) => inner.split(',').map((label) => label.trim())),
  ];
  return { metrics, labels };
}

test.each([
  ...expressionsOf(dashboard).map(({ panel, expr }) => [`panel ${panel}`, expr] as const),
  ...alerts.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
])('%s asks for metrics and labels that there are', (_, expr) => {
  const { metrics, labels } = usedBy(expr);
  if (!/\bup\b/.test(expr)) expect(metrics.length).toBeGreaterThan(0);
  for (const name of metrics) expect(SERIES.has(name), name).toBe(true);
  const known = new Set([...metrics.flatMap((name) => SERIES.get(name)?.labels ?? []), ...GIVEN, 'le']);
  for (const label of labels) expect(known.has(label), label).toBe(true);
});

test('the dashboard shows every metric', () => {
  const shown = new Set(expressionsOf(dashboard).flatMap(({ expr }) => usedBy(expr).metrics.map((name) => SERIES.get(name)?.name)));
  expect(ALL.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
});

test('the dashboard can be imported: ids, places, data source and variables', () => {
  const panels = panelsOf(dashboard);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, type, datasource, gridPos, targets = [] } of panels) {
    const { x, y, w, h } = gridPos;
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column++)
      for (let line = y; line < y + h; line++) {
        expect(taken.has(`${column} ${line}`), `${title} covers another`).toBe(false);
        taken.add(`${column} ${line}`);
      }
    if (type === 'row') continue;
    for (const of of [datasource, ...targets.map((target) => target.datasource)]) expect(of?.uid, title).toMatch(/^\$\{datasource\}$/);
    expect(targets.length, title).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
  }
  const variables = dashboard.templating.list.map(({ name }) => name);
  expect(variables).toEqual(['datasource', 'application', 'shard']);
  const text = JSON.stringify(dashboard);
  for (const [, name = ''] of text.matchAll(/\$\{?([a-z]\w*)\}?/g)) expect(variables, name).toContain(name);
});

test('each alert has its runbook in the documentation, and each runbook its alert', () => {
  const operations = read('docs/operations.md');
  const anchors = anchorsOf(operations);
  for (const { alert, annotations, labels } of alerts) {
    const [page, anchor = ''] = annotations.runbook_url.split('#');
    expect(page, alert).toBe('docs/operations.md');
    expect(anchors, alert).toContain(anchor);
    expect(anchor, alert).toBe(alert.toLowerCase());
    expect(['critical', 'warning'], alert).toContain(labels.severity);
    expect(annotations.summary.length, alert).toBeGreaterThan(10);
    expect(annotations.description.length, alert).toBeGreaterThan(10);
  }
  const runbooks = [...section(operations, /^## Alerts/m).matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  expect(runbooks).toEqual(alerts.map(({ alert }) => alert));
});

test('each alert is tested where it fires and where it must not', () => {
  const { tests }: { tests: { name: string }[] } = parse(read('observability/rules.test.yaml'));
  expect(tests.map(({ name }) => name)).toEqual(alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} stays quiet`]));
});
