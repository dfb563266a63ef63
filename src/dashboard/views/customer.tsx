/** One customer: where it stands and why, what would change that, what silence will do, and what has happened. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Alert, Change, CustomerAnswer, StoryAnswer } from '../../http/api.ts';
import { OpenAlerts } from '../alerts.tsx';
import { get } from '../api.ts';
import { Chart } from '../chart.tsx';
import { count, dateText, fromNow, instantText, nameOf, number, reasonOf, share, wayText } from '../format.ts';
import { alertsTold } from '../live.ts';
import { Group, Level, Move } from '../marks.tsx';
import { Figures, Panel, Table } from '../panel.tsx';
import { money, useData } from '../state.ts';

const EVERY_MS = 10_000;

export function CustomerPage({ id }: { readonly id: string }): JSX.Element {
  const path = `customers/${encodeURIComponent(id)}`;
  const now = useData((stop) => get<CustomerAnswer>(path, {}, stop), [id], EVERY_MS);
  const story = useData((stop) => get<StoryAnswer>(`${path}/story`, {}, stop), [id, alertsTold.value], EVERY_MS);
  return (
    <>
      <Panel title={id} note={now.data === null ? '' : `as of ${instantText(now.data.asOf)}`} loaded={now} height={260}>
        {(data) => <Standing data={data} />}
      </Panel>
      <Panel title="What would change it" loaded={now} height={260}>
        {(data) => <Ahead data={data} />}
      </Panel>
      <Panel title="Loyalty" note="what gives how many of 100 points" loaded={now} height={260}>
        {(data) => <Components data={data} />}
      </Panel>
      <Panel title="Churn risk" loaded={now} height={260}>
        {(data) => <Risk data={data} />}
      </Panel>
      <OpenAlerts customer={id} height={140} />
      <Panel
        title="Story"
        note="changes and alerts, newest first"
        loaded={story}
        height={400}
        wide
        empty={({ changes, alerts }) => (changes.length + alerts.length === 0 ? 'Nothing has been told yet.' : null)}
      >
        {(data) => <Story data={data} />}
      </Panel>
    </>
  );
}

/** Names and what they stand for. */
function Facts({ rows }: { readonly rows: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Standing({ data }: { readonly data: CustomerAnswer }): JSX.Element {
  const { facts, lifetimeValues: values } = data;
  const attributes = Object.entries(data.attributes);
  return (
    <Facts
      rows={[
        ['group', data.group === null ? 'none yet' : <Group group={data.group} />],
        ['since', dateText(data.groupSince)],
        ['value', `${money(data.scores.value)}, ${data.valueHigh ? 'high' : 'low'}`],
        [
          'loyalty',
          data.scores.loyalty === null ? 'no evidence' : `${number(data.scores.loyalty)} of 100, ${data.loyaltyHigh ? 'high' : 'low'}`,
        ],
        ['will buy', `${share(data.churn.buyProbability)} within ${data.horizonDays} days`],
        ['lifetime value', `${money(values.historic)} so far, ${money(values.predicted)} expected`],
        ['orders', `${count(facts.orders)}, ${money(facts.revenue)}; last ${dateText(facts.lastOrderAt)}`],
        ['relationship', nameOf(data.relationship)],
        ['service', nameOf(data.serviceMode ?? 'not known')],
        ...(attributes.length === 0 ? [] : [['attributes', attributes.map(([name, value]) => `${name}: ${value}`).join(', ')] as const]),
        ...(data.strategies.length === 0
          ? []
          : [['what helps', data.strategies.map(({ action, channel }) => `${nameOf(action)} (${nameOf(channel)})`).join(', ')] as const]),
      ]}
    />
  );
}

function Ahead({ data }: { readonly data: CustomerAnswer }): JSX.Element {
  return (
    <>
      <p class="lead">
        {data.inSilence === null ? (
          'Silence alone will not move this customer in the time that was looked at.'
        ) : (
          <>
            Without a word: <Group group={data.inSilence.to} /> <strong>{fromNow(data.inSilence.at)}</strong>, at{' '}
            {instantText(data.inSilence.at)}.
          </>
        )}
      </p>
      {data.keptUntil === null ? null : <p class="quiet">The group is kept at least until {instantText(data.keptUntil)}.</p>}
      <ul class="plain">
        {data.changesWhen.map(({ to, conditions }) => (
          <li key={to}>
            <Group group={to} />: {wayText(conditions, money)}
          </li>
        ))}
      </ul>
    </>
  );
}

function Components({ data }: { readonly data: CustomerAnswer }): JSX.Element {
  const rows = Object.entries(data.components);
  const most = Math.max(1, ...rows.map(([, { contribution }]) => contribution ?? 0));
  return (
    <Table
      caption="Components of loyalty"
      columns={[
        { name: 'component', of: ([name]) => nameOf(name) },
        { name: 'score', of: ([, { value }]) => (value === null ? 'no evidence' : number(value)), right: true },
        { name: 'weight', of: ([, { weight }]) => share(weight), right: true },
        { name: 'points', of: ([, { contribution }]) => number(contribution), right: true },
        {
          name: 'share',
          of: ([, { contribution }]) => (
            <span class="bar" aria-hidden="true">
              <i style={{ width: `${(100 * Math.max(0, contribution ?? 0)) / most}%` }} />
            </span>
          ),
        },
      ]}
      rows={rows}
      keyOf={([name]) => name}
    />
  );
}

function Risk({ data }: { readonly data: CustomerAnswer }): JSX.Element {
  const { churn } = data;
  const warnings = Object.entries(churn.signals).filter(([, { since }]) => since !== null);
  const ahead = [
    ...churn.ahead.thresholds.map(({ level, at }) => [`level ${nameOf(level)}`, at] as const),
    ['level falls', churn.ahead.levelFallsAt] as const,
    ['alert', churn.ahead.alertAt] as const,
    ['LOST', churn.ahead.lostAt] as const,
  ].filter(([, at]) => at !== null);
  return (
    <>
      <p class="lead">
        <Level level={churn.level} lost={churn.lost} />
        {warnings.length === 0 ? ' No early warnings.' : ''}
      </p>
      <Facts rows={warnings.map(([name, { since }]) => [nameOf(name), `since ${dateText(since)}`] as const)} />
      {ahead.length === 0 ? null : <h3>In silence</h3>}
      <Facts rows={ahead.map(([name, at]) => [name, `${fromNow(at)}, ${dateText(at)}`] as const)} />
      {data.openTickets.length === 0 ? null : (
        <p>
          Open tickets: {count(data.openTickets.length + data.openTicketsMore)}, the oldest since {dateText(data.openTickets[0]?.since)}.
        </p>
      )}
    </>
  );
}

type Told = { readonly at: number; readonly key: string; readonly what: ComponentChildren; readonly why: string };

function toldOf({ changes, alerts }: StoryAnswer): readonly Told[] {
  const moved = changes.map((change: Change) => ({
    at: change.at,
    key: change.changeId,
    what: <Move from={change.from} to={change.to} />,
    why: reasonOf(change, money),
  }));
  const warned = alerts.flatMap((alert: Alert) =>
    alert.records.map((record) => ({
      at: record.at,
      key: `${alert.alertId} ${record.number}`,
      what: (
        <span>
          {nameOf(alert.kind)} {record.event}
        </span>
      ),
      why: [
        record.level === null ? '' : nameOf(record.level),
        record.end === null ? '' : nameOf(record.end),
        record.by === null ? '' : `by ${record.by}`,
        ...(record.event === 'opened' ? alert.signals.map(nameOf) : []),
      ]
        .filter((text) => text !== '')
        .join(', '),
    })),
  );
  return [...moved, ...warned].sort((a, b) => b.at - a.at);
}

function Story({ data }: { readonly data: StoryAnswer }): JSX.Element {
  const scored = useMemo(() => data.changes.toReversed(), [data]);
  const times = useMemo(() => scored.map(({ at }) => at), [scored]);
  const lines = useMemo(
    () => [{ name: 'loyalty after each change', colour: '--loyalist', values: scored.map(({ after }) => after.loyalty) }],
    [scored],
  );
  return (
    <>
      {scored.length < 2 ? null : (
        <>
          <Chart label="Loyalty after each change of group" times={times} lines={lines} height={140} stepped format={number} />
          <Figures
            caption="Scores after each change"
            columns={[
              { name: 'at', of: ({ at }) => instantText(at) },
              { name: 'loyalty', of: ({ after }) => number(after.loyalty), right: true },
              { name: 'value', of: ({ after }) => money(after.value), right: true },
            ]}
            rows={data.changes}
            keyOf={({ changeId }) => changeId}
          />
        </>
      )}
      <ol class="story">
        {toldOf(data).map(({ at, key, what, why }) => (
          <li key={key}>
            <time dateTime={new Date(at).toISOString()}>{instantText(at)}</time>
            {what}
            <small>{why}</small>
          </li>
        ))}
      </ol>
      {data.more.changes || data.more.alerts ? <p class="quiet">Older ones are left out.</p> : null}
    </>
  );
}
