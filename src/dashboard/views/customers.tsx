/** Search: customers by the beginning of their id, by group and risk. Where one looks is in the address. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Customer as CustomerRow, Page } from '../../http/api.ts';
import { get } from '../api.ts';
import { dateText, nameOf, share } from '../format.ts';
import { GROUPS } from '../groups.ts';
import { searchOf, searchWith } from '../lists.ts';
import { Customer, Group, Level } from '../marks.tsx';
import { Pages, Panel, Table } from '../panel.tsx';
import { money, useData } from '../state.ts';

const LIMIT = 50;
const LEVELS = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
const SORTS = [
  ['value', 'value'],
  ['predictedValue', 'predicted value'],
  ['id', 'id'],
] as const;

export function Customers({ query }: { readonly query: URLSearchParams }): JSX.Element {
  const asked = searchOf(query);
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const inputs = Object.values(asked);
  useEffect(() => setCursors([]), inputs);
  const cursor = cursors.at(-1);
  const loaded = useData((stop) => get<Page<CustomerRow>>('customers', { ...asked, cursor, limit: LIMIT }, stop), [...inputs, cursor]);
  const change = (name: keyof typeof asked) => (event: Event) => {
    location.replace(searchWith(query, name, (event.currentTarget as HTMLInputElement).value));
  };
  return (
    <>
      <search class="wide">
        <form class="search panel wide" onSubmit={(event) => event.preventDefault()}>
          <label>
            Id begins with
            <input type="search" value={asked.prefix} maxLength={128} onInput={change('prefix')} autoComplete="off" spellcheck={false} />
          </label>
          <Choice
            name="Group"
            value={asked.group}
            options={[['', 'all'], ...GROUPS.map((group) => [group, nameOf(group)] as const)]}
            onChange={change('group')}
          />
          <Choice
            name="Churn risk"
            value={asked.level}
            options={[['', 'all'], ...LEVELS.map((level) => [level, nameOf(level)] as const)]}
            onChange={change('level')}
          />
          <Choice name="By" value={asked.sort} options={SORTS} onChange={change('sort')} />
        </form>
      </search>
      <Panel
        title="Customers"
        loaded={loaded}
        height={600}
        wide
        empty={({ items, next }) => (items.length === 0 && next === null && cursors.length === 0 ? 'Nobody is like that.' : null)}
      >
        {({ items, next }) => (
          <>
            <Table
              caption="Customers"
              columns={[
                { name: 'customer', of: ({ id }) => <Customer id={id} /> },
                { name: 'group', of: ({ group }) => <Group group={group} /> },
                { name: 'since', of: ({ groupSince }) => dateText(groupSince) },
                { name: 'value', of: ({ value }) => money(value), right: true },
                { name: 'loyalty', of: ({ loyalty }) => (loyalty === null ? '–' : Math.round(loyalty)), right: true },
                { name: 'risk', of: ({ level, lost }) => <Level level={level} lost={lost} /> },
                { name: 'will buy', of: ({ buyProbability }) => share(buyProbability), right: true },
                { name: 'predicted value', of: ({ predictedValue }) => money(predictedValue), right: true },
                { name: 'last order', of: ({ lastOrderAt }) => dateText(lastOrderAt) },
              ]}
              rows={items}
              keyOf={({ id }) => id}
            />
            {items.length < LIMIT && next !== null ? (
              <p class="quiet">Not all customers were looked at: there may be more of these on the next page.</p>
            ) : null}
            <Pages cursors={cursors} next={next} go={setCursors} />
          </>
        )}
      </Panel>
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: (event: Event) => void;
}

function Choice({ name, value, options, onChange }: ChoiceProps): JSX.Element {
  return (
    <label>
      {name}
      <select value={value} onChange={onChange}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
