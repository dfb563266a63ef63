/** Changes as they happen, newest first, each with its reason. A screen reader is told whether they come, not each, nor how many: there may be hundreds a second. */
import type { JSX } from 'preact';
import { count, reasonOf, timeText } from '../format.ts';
import { changes, connection, heard } from '../live.ts';
import { Customer, Move } from '../marks.tsx';
import { money } from '../state.ts';

const SHOWN = 40;
const SAID = { connecting: 'connecting …', live: 'live', lost: 'connection lost, trying again' } as const;

export function Feed(): JSX.Element {
  return (
    <section class="panel" aria-label="Changes">
      <header>
        <h2>Changes</h2>
        <p class={connection.value === 'live' ? 'live on' : 'live'}>
          <span role="status">{SAID[connection.value]}</span>
          {heard.value === 0 ? '' : `, ${count(heard.value)} since you came`}
        </p>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="feed" tabIndex={0} aria-label="The newest changes">
        {changes.value.length === 0 ? <p class="quiet">None yet.</p> : null}
        <ol>
          {changes.value.slice(0, SHOWN).map((change) => (
            <li key={change.changeId}>
              <time dateTime={new Date(change.at).toISOString()} title={new Date(change.at).toLocaleString()}>
                {timeText(change.at)}
              </time>
              <Customer id={change.customer} />
              <Move from={change.from} to={change.to} />
              <small>{reasonOf(change, money)}</small>
            </li>
          ))}
        </ol>
      </section>
    </section>
  );
}
