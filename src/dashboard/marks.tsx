/** Small things that stand in many places: a group with its colour, a level of risk, a customer's name as a link. */
import type { JSX } from 'preact';
import { nameOf } from './format.ts';
import { colourOf } from './groups.ts';

export function Group({ group }: { readonly group: string | null }): JSX.Element {
  return (
    <span class="group">
      <i style={{ background: `var(${colourOf(group)})` }} aria-hidden="true" />
      {nameOf(group)}
    </span>
  );
}

export function Move({ from, to }: { readonly from: string | null; readonly to: string }): JSX.Element {
  return (
    <span class="move">
      <Group group={from} />
      <span aria-hidden="true"> → </span>
      <span class="unseen"> to </span>
      <Group group={to} />
    </span>
  );
}

export function Level({ level, lost }: { readonly level: string | null; readonly lost?: boolean }): JSX.Element {
  const name = lost ? 'LOST' : level;
  return name === null ? <span>–</span> : <span class={`level ${name.toLowerCase()}`}>{nameOf(name)}</span>;
}

const placeOf = (customer: string): string => `#/customers/${encodeURIComponent(customer)}`;

export function Customer({ id }: { readonly id: string }): JSX.Element {
  return <a href={placeOf(id)}>{id}</a>;
}
