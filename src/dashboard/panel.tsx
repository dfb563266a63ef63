/**
 * One part of the page: a heading, its figures, and what stands there while there are none. It keeps its height from the first paint on, so nothing below it moves.
 */
import type { ComponentChildren, JSX } from 'preact';
import type { Loaded } from './state.ts';

interface PanelProps<T> {
  readonly title: string;
  /** what the figures are of, in a few words */
  readonly note?: ComponentChildren;
  readonly loaded: Loaded<T>;
  /** px that the body has at least */
  readonly height: number;
  readonly wide?: boolean;
  /** what to say instead, when there is nothing to show */
  readonly empty?: (data: T) => string | null;
  readonly children: (data: T) => ComponentChildren;
}

export function Panel<T>({ title, note, loaded, height, wide, empty, children }: PanelProps<T>): JSX.Element {
  const { data, error } = loaded;
  const nothing = data === null ? null : (empty?.(data) ?? null);
  return (
    <section class={wide ? 'panel wide' : 'panel'} aria-label={title} aria-busy={data === null && error === null}>
      <header>
        <h2>{title}</h2>
        {note === undefined ? null : <p>{note}</p>}
      </header>
      {error === null ? null : (
        <p class="fault" role="alert">
          {data === null ? '' : 'Not up to date: '}
          {error}
        </p>
      )}
      <div class="body" style={{ minHeight: `${height}px` }}>
        {data === null ? (
          <p class="quiet">{error === null ? 'Loading …' : ''}</p>
        ) : nothing === null ? (
          children(data)
        ) : (
          <p class="quiet">{nothing}</p>
        )}
      </div>
    </section>
  );
}

export interface Column<R> {
  readonly name: string;
  readonly of: (row: R) => ComponentChildren;
  readonly right?: boolean;
}

interface TableProps<R> {
  /** what a screen reader calls it */
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
}

/** The first column names the row. Wider than the screen, it scrolls by itself, also by keyboard. */
export function Table<R>({ caption, columns, rows, keyOf }: TableProps<R>): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scroll" aria-label={`${caption}, table`} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, right }) => (
              <th key={name} scope="col" class={right ? 'right' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, of, right }, i) =>
                i === 0 ? (
                  <th key={name} scope="row">
                    {of(row)}
                  </th>
                ) : (
                  <td key={name} class={right ? 'right' : undefined}>
                    {of(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The same figures as a table, for who does not see the chart or wants the numbers. */
export function Figures<R>(props: TableProps<R>): JSX.Element {
  return (
    <details>
      <summary>As a table</summary>
      <Table {...props} />
    </details>
  );
}

interface PagesProps {
  /** of the pages that were gone through; empty: the first one is shown */
  readonly cursors: readonly string[];
  readonly next: string | null;
  readonly go: (cursors: readonly string[]) => void;
}

/** From page to page of a list that has several. */
export function Pages({ cursors, next, go }: PagesProps): JSX.Element | null {
  if (cursors.length === 0 && next === null) return null;
  return (
    <nav class="pages" aria-label="Pages">
      <button type="button" disabled={cursors.length === 0} onClick={() => go(cursors.slice(0, -1))}>
        Back
      </button>
      <button type="button" disabled={next === null} onClick={() => next !== null && go([...cursors, next])}>
        More
      </button>
    </nav>
  );
}
