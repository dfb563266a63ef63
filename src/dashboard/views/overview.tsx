/** What a marketing lead looks at: how large the groups are, who moves where, the KPIs beside their goals, and who is about to leave. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Customer as CustomerRow, GoalsAnswer, GroupsAnswer, Kpi, KpisPage, MovesAnswer, Page } from '../../http/api.ts';
import { OpenAlerts } from '../alerts.tsx';
import { get } from '../api.ts';
import { Chart } from '../chart.tsx';
import { Flow } from '../flow.tsx';
import { count, dateText, duration, fromNow, nameOf, number, share } from '../format.ts';
import { colourOf, GROUPS } from '../groups.ts';
import { topOf } from '../lists.ts';
import { Customer, Group, Level, Move } from '../marks.tsx';
import { Figures, Panel, Table } from '../panel.tsx';
import { dayAgo, money, period, useData } from '../state.ts';
import { Feed } from './feed.tsx';

const MINUTE = 60_000;
/** customers about to leave that are shown */
const AT_RISK = 15;
const LEAVING = ['CRITICAL', 'HIGH'] as const;

export function Overview(): JSX.Element {
  return (
    <>
      <Sizes />
      <Moves />
      <Feed />
      <Values />
      <Goals />
      <AtRisk />
      <OpenAlerts height={460} />
    </>
  );
}

function Sizes(): JSX.Element {
  const days = period.value;
  const loaded = useData((stop) => get<GroupsAnswer>('groups', { from: dayAgo(days) }, stop), [days], MINUTE / 4);
  return (
    <Panel title="Groups" note="customers in each group" loaded={loaded} height={340} wide>
      {(data) => <SizesOf data={data} />}
    </Panel>
  );
}

function SizesOf({ data }: { readonly data: GroupsAnswer }): JSX.Element {
  const total = data.now.reduce((sum, { customers }) => sum + customers, 0);
  const times = useMemo(() => data.days.map(({ day }) => Date.parse(day)), [data]);
  const lines = useMemo(
    () => GROUPS.map((group) => ({ name: nameOf(group), colour: colourOf(group), values: data.days.map(({ sizes }) => sizes[group]) })),
    [data],
  );
  return (
    <>
      <ul class="tiles">
        {GROUPS.map((group) => {
          const now = data.now.find((each) => each.group === group);
          return (
            <li key={group}>
              <a class="tile" href={`#/customers?group=${group}`}>
                <Group group={group} />
                <strong>{count(now?.customers ?? 0)}</strong>
                <small>
                  {share(total === 0 ? null : (now?.customers ?? 0) / total)} · worth {money(now?.predictedValue ?? 0)}
                </small>
              </a>
            </li>
          );
        })}
      </ul>
      <Chart label="Customers of each group at the end of each day" times={times} lines={lines} height={220} stacked format={count} />
      <Figures
        caption="Customers of each group at the end of each day"
        columns={[
          { name: 'day', of: ({ day }) => day },
          ...GROUPS.map((group) => ({
            name: nameOf(group),
            of: (row: GroupsAnswer['days'][number]) => count(row.sizes[group]),
            right: true,
          })),
        ]}
        rows={data.days.toReversed()}
        keyOf={({ day }) => day}
      />
    </>
  );
}

function Moves(): JSX.Element {
  const days = period.value;
  const loaded = useData((stop) => get<MovesAnswer>('moves', { from: dayAgo(days) }, stop), [days], MINUTE / 4);
  return (
    <Panel
      title="Moves"
      note={`from group to group, of the last ${days} days`}
      loaded={loaded}
      height={330}
      empty={({ moves }) => (moves.length === 0 ? 'Nobody moved in this time.' : null)}
    >
      {({ moves }) => (
        <>
          <Flow moves={moves} />
          <Figures
            caption="Moves between groups"
            columns={[
              { name: 'move', of: ({ from, to }) => <Move from={from} to={to} /> },
              { name: 'customers', of: ({ count: each }) => count(each), right: true },
            ]}
            rows={moves.toSorted((a, b) => b.count - a.count)}
            keyOf={({ from, to }) => `${from} ${to}`}
          />
        </>
      )}
    </Panel>
  );
}

/** The newest record of each group; of a day that is over where there is one, since the present day has only begun. */
function latest(items: readonly Kpi[]): readonly Kpi[] {
  const found = new Map<string, Kpi>();
  for (const kpi of items) {
    const before = found.get(kpi.dimension);
    if (before === undefined || (kpi.finished && !before.finished) || (kpi.finished === before.finished && kpi.day > before.day))
      found.set(kpi.dimension, kpi);
  }
  const order = ['all', ...GROUPS.map((group) => `group:${group}`)];
  return [...found.values()].sort((a, b) => order.indexOf(a.dimension) - order.indexOf(b.dimension));
}

function Values(): JSX.Element {
  const loaded = useData(
    async (stop) => {
      const [all, each] = await Promise.all([
        get<KpisPage>('kpis', { from: dayAgo(3), limit: 10 }, stop),
        get<KpisPage>('kpis', { from: dayAgo(3), group: 'each', limit: 50 }, stop),
      ]);
      return latest([...all.items, ...each.items]);
    },
    [],
    MINUTE / 4,
  );
  return (
    <Panel
      title="KPIs"
      note="by group, of the last day that is over"
      loaded={loaded}
      height={300}
      wide
      empty={(rows) => (rows.length === 0 ? 'The last days have not been told yet.' : null)}
    >
      {(rows) => (
        <Table
          caption={`KPIs of ${rows[0]?.day ?? ''}; CSAT, NPS, orders and replies over ${rows[0]?.windowDays ?? 0} days`}
          columns={[
            { name: 'group', of: ({ group }) => (group === null ? 'all' : <Group group={group} />) },
            { name: 'customers', of: ({ metrics }) => count(metrics.customers), right: true },
            { name: 'active', of: ({ metrics }) => count(metrics.active), right: true },
            { name: 'lost', of: ({ metrics }) => count(metrics.lost), right: true },
            { name: 'revenue', of: ({ metrics }) => money(metrics.revenue), right: true },
            { name: 'average order', of: ({ metrics }) => money(metrics.averageOrder), right: true },
            {
              name: 'CSAT',
              of: ({ metrics }) => (metrics.csat !== null && metrics.csat > 1 ? number(metrics.csat) : share(metrics.csat)),
              right: true,
            },
            { name: 'NPS', of: ({ metrics }) => number(metrics.nps), right: true },
            { name: 'first reply', of: ({ metrics }) => duration(metrics.firstReplyMs), right: true },
            { name: 'campaign return', of: ({ metrics }) => share(metrics.campaignReturn), right: true },
            { name: 'predicted value', of: ({ metrics }) => money(metrics.predictedValue), right: true },
            { name: 'churn, 12 months', of: ({ metrics }) => share(metrics.churn12), right: true },
            { name: 'retention', of: ({ metrics }) => share(metrics.retention12), right: true },
          ]}
          rows={rows}
          keyOf={({ dimension }) => dimension}
        />
      )}
    </Panel>
  );
}

function Goals(): JSX.Element {
  const loaded = useData((stop) => get<GoalsAnswer>('goals', {}, stop), [], MINUTE);
  return (
    <Panel
      title="Goals"
      note="each beside the straight line to its target"
      loaded={loaded}
      height={120}
      wide
      empty={({ goals }) => (goals.length === 0 ? 'The policy names no goals.' : null)}
    >
      {({ goals }) => goals.map((goal) => <Goal key={goal.name} goal={goal} />)}
    </Panel>
  );
}

function Goal({ goal }: { readonly goal: GoalsAnswer['goals'][number] }): JSX.Element {
  const times = useMemo(() => goal.points.map(({ day }) => Date.parse(day)), [goal]);
  const lines = useMemo(
    () => [
      { name: nameOf(goal.metric), colour: '--champion', values: goal.points.map(({ value }) => value) },
      { name: 'line to the target', colour: '--quiet', values: goal.points.map(({ line }) => line), dashed: true },
    ],
    [goal],
  );
  return (
    <>
      <h3>{goal.name}</h3>
      <p class="quiet">
        {nameOf(goal.metric)} of {goal.dimension}: from {number(goal.baseline)} to {number(goal.target)} by {goal.by}
      </p>
      <Chart label={`${goal.name}: the value of each day beside its goal`} times={times} lines={lines} height={150} close format={number} />
      <Figures
        caption={`${goal.name} by day`}
        columns={[
          { name: 'day', of: ({ day }) => day },
          { name: 'value', of: ({ value }) => number(value), right: true },
          { name: 'goal', of: ({ line }) => number(line), right: true },
        ]}
        rows={goal.points.toReversed()}
        keyOf={({ day }) => day}
      />
    </>
  );
}

function AtRisk(): JSX.Element {
  const loaded = useData(
    // Each level by itself: so it has an index.
    async (stop) => {
      const asked = { lost: false, sort: 'predictedValue', limit: AT_RISK };
      return topOf(await Promise.all(LEAVING.map((level) => get<Page<CustomerRow>>('customers', { ...asked, level }, stop))), AT_RISK);
    },
    [],
    MINUTE / 4,
  );
  return (
    <Panel
      title="About to leave"
      note="churn risk HIGH or CRITICAL, by what is at stake"
      loaded={loaded}
      height={420}
      wide
      empty={({ items, more }) => (items.length === 0 && !more ? 'Nobody is at high risk.' : null)}
    >
      {({ items, more }) => (
        <>
          <Table
            caption="Customers at high risk by predicted value"
            columns={[
              { name: 'customer', of: ({ id }) => <Customer id={id} /> },
              { name: 'at stake', of: ({ predictedValue }) => money(predictedValue), right: true },
              { name: 'risk', of: ({ level }) => <Level level={level} /> },
              { name: 'group', of: ({ group }) => <Group group={group} /> },
              { name: 'will buy', of: ({ buyProbability }) => share(buyProbability), right: true },
              { name: 'early warnings', of: ({ signals }) => signals.map(({ signal }) => nameOf(signal)).join(', ') },
              { name: 'last order', of: ({ lastOrderAt }) => dateText(lastOrderAt) },
              {
                name: 'next change',
                of: ({ nextChangeAt }) => (nextChangeAt !== null && nextChangeAt < Date.now() ? 'due' : fromNow(nextChangeAt)),
              },
            ]}
            rows={items}
            keyOf={({ id }) => id}
          />
          {more ? (
            <p class="quiet">
              There are more:{' '}
              {LEAVING.map((level, i) => (
                <span key={level}>
                  {i > 0 ? ', ' : ''}
                  <a href={`#/customers?level=${level}&sort=predictedValue`}>{nameOf(level)}</a>
                </span>
              ))}
            </p>
          ) : null}
        </>
      )}
    </Panel>
  );
}
