/**
 * Open alerts, who has taken each on, and a button to do so for whoever may: the token's role is asked for with the first alerts, so that nothing comes in later. What was given shows
 * as acknowledged once the processor has said so.
 */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { AccessAnswer, Alert, Page } from '../http/api.ts';
import { get, give, token } from './api.ts';
import { fromNow, instantText, nameOf } from './format.ts';
import { alertsTold } from './live.ts';
import { Customer, Level } from './marks.tsx';
import { Pages, Panel, Table } from './panel.tsx';
import { money, useData } from './state.ts';

const EVERY_MS = 15_000;
const NAME = 'rapport-name';

/** of the token, once it is known */
const access = signal<{ readonly of: string | null; readonly role: AccessAnswer['role'] } | null>(null);
const name = signal(localStorage.getItem(NAME) ?? '');
/** by the record that was seen: given, or not yet, with the key that makes trying again the same request */
const given = signal<ReadonlyMap<string, { readonly key: string; readonly done: boolean }>>(new Map());
const said = signal<{ readonly text: string; readonly wrong: boolean } | null>(null);

async function load(customer: string | undefined, cursor: string | undefined, limit: number, stop: AbortSignal): Promise<Page<Alert>> {
  if (access.value === null || access.value.of !== token.value) {
    const of = token.value;
    access.value = { of, role: (await get<AccessAnswer>('access', {}, stop)).role };
  }
  return get<Page<Alert>>('alerts', { open: true, customer, cursor, limit }, stop);
}

const seenOf = ({ alertId, records }: Alert): string => `${alertId} ${records.at(-1)?.number}`;
const aboutOf = ({ kind, customer }: Alert): string => `${nameOf(kind)} of ${customer}`;

const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

async function acknowledge(alert: Alert): Promise<void> {
  const seen = seenOf(alert);
  const key = given.value.get(seen)?.key ?? newKey();
  const note = (done: boolean): void => {
    given.value = new Map(given.value).set(seen, { key, done });
  };
  note(true);
  said.value = { text: `Acknowledging ${aboutOf(alert)} …`, wrong: false };
  try {
    await give(`alerts/${alert.alertId}/acknowledgement`, { by: name.value.trim() }, key);
    said.value = { text: `You take on ${aboutOf(alert)}. It shows here in a moment.`, wrong: false };
  } catch (error) {
    note(false);
    said.value = { text: `${aboutOf(alert)}: ${error instanceof Error ? error.message : String(error)}`, wrong: true };
  }
}

export function OpenAlerts({ customer, height }: { readonly customer?: string; readonly height: number }): JSX.Element {
  const limit = customer === undefined ? 10 : 50;
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const loaded = useData((stop) => load(customer, cursor, limit, stop), [customer, cursor, token.value, alertsTold.value], EVERY_MS);
  const field = useRef<HTMLInputElement>(null);
  const mayTake = access.value?.role === 'admin';

  const take = (alert: Alert): void => {
    if (name.value.trim() !== '') void acknowledge(alert);
    else {
      said.value = { text: 'Say who you are first.', wrong: true };
      field.current?.focus();
    }
  };
  const rename = (event: Event): void => {
    name.value = (event.currentTarget as HTMLInputElement).value;
    localStorage.setItem(NAME, name.value);
  };

  return (
    <Panel
      title="Open alerts"
      note="the latest first, and who has taken them on"
      loaded={loaded}
      height={height}
      wide
      empty={({ items, next }) => (items.length === 0 && next === null && cursors.length === 0 ? 'No alert is open.' : null)}
    >
      {({ items, next }) => (
        <>
          {mayTake ? (
            <div class="take">
              <label>
                You are
                <input ref={field} type="text" value={name.value} maxLength={64} onInput={rename} autoComplete="name" spellcheck={false} />
              </label>
              <p role="status" class={said.value?.wrong ? 'wrong' : undefined}>
                {said.value?.text}
              </p>
            </div>
          ) : null}
          <Table
            caption="Open alerts"
            columns={[
              { name: 'alert', of: ({ kind }) => nameOf(kind) },
              { name: 'about', of: (alert) => (alert.customer === null ? alert.subject : <Customer id={alert.customer} />) },
              { name: 'since', of: ({ openedAt }) => <time title={instantText(openedAt)}>{fromNow(openedAt)}</time> },
              { name: 'risk', of: ({ level }) => <Level level={level} /> },
              { name: 'at stake', of: ({ predictedValue }) => money(predictedValue), right: true },
              { name: 'taken on by', of: (alert) => <TakenOn alert={alert} take={mayTake && alert.customer !== null ? take : null} /> },
            ]}
            rows={items}
            keyOf={({ alertId }) => alertId}
          />
          <Pages cursors={cursors} next={next} go={setCursors} />
        </>
      )}
    </Panel>
  );
}

function TakenOn({ alert, take }: { readonly alert: Alert; readonly take: ((alert: Alert) => void) | null }): JSX.Element {
  const { acknowledged } = alert;
  if (acknowledged !== null)
    return (
      <span title={instantText(acknowledged.at)}>
        {acknowledged.by}, {fromNow(acknowledged.at)}
      </span>
    );
  if (take === null) return <span>nobody</span>;
  const isGiven = given.value.get(seenOf(alert))?.done === true;
  // Not `disabled`, which would lose the place of whoever goes by keyboard.
  return (
    <button type="button" aria-disabled={isGiven} onClick={() => !isGiven && take(alert)}>
      {isGiven ? 'Given' : 'Acknowledge'}
      <span class="unseen"> {aboutOf(alert)}</span>
    </button>
  );
}
