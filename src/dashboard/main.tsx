/** The page: who is asked for a token, what stands at the top, and which part is shown. */

import type { JSX } from 'preact';
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Change, Page, PolicyAnswer } from '../http/api.ts';
import { customerIn } from './address.ts';
import { get, refused, startToken, token, useToken } from './api.ts';
import { add, listen } from './live.ts';
import { followPlace, PERIODS, period, place, policy, setTheme, startTheme, theme, useData } from './state.ts';
import { CustomerPage } from './views/customer.tsx';
import { Customers } from './views/customers.tsx';
import { Overview } from './views/overview.tsx';
import { Pipeline } from './views/pipeline.tsx';

const PARTS = [
  ['#/', 'Overview'],
  ['#/customers', 'Customers'],
  ['#/pipeline', 'Pipeline'],
] as const;
const READY_EVERY_MS = 5_000;

function App(): JSX.Element {
  const [path = '/', query = ''] = place.value.split('?');
  const customer = customerIn(path);
  const here = path.startsWith('/customers') ? '#/customers' : `#${path}`;
  useEffect(() => {
    const name = customer ?? PARTS.find(([address]) => address === here)?.[1] ?? 'Overview';
    document.title = `${name} · rapport`;
  }, [here, customer]);
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <strong>rapport</strong>
        <nav aria-label="Parts">
          {PARTS.map(([address, name]) => (
            <a key={address} href={address} aria-current={address === here ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {here === '#/' ? <Periods /> : null}
        <button
          type="button"
          class="theme"
          aria-pressed={theme.value === 'dark'}
          onClick={() => setTheme(theme.value === 'dark' ? 'light' : 'dark')}
        >
          Dark
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <h1 class="unseen">{customer ?? PARTS.find(([address]) => address === here)?.[1] ?? 'Overview'}</h1>
        {refused.value ? <Entry /> : <Shown path={path} query={query} customer={customer} />}
        <Reading />
      </main>
    </>
  );
}

function Shown({
  path,
  query,
  customer,
}: {
  readonly path: string;
  readonly query: string;
  readonly customer: string | null;
}): JSX.Element {
  useEffect(() => {
    const stop = new AbortController();
    const anew = async (): Promise<void> => {
      policy.value = await get<PolicyAnswer>('policy', {}, stop.signal);
      const { items } = await get<Page<Change>>('changes', { limit: 40 }, stop.signal);
      add(items.toReversed());
    };
    void listen(stop.signal, anew);
    return () => stop.abort();
  }, [token.value]);
  if (customer !== null) return <CustomerPage key={customer} id={customer} />;
  if (path === '/customers') return <Customers query={new URLSearchParams(query)} />;
  return path === '/pipeline' ? <Pipeline /> : <Overview />;
}

/** Stands above the page, so that nothing moves when it comes and goes. */
function Reading(): JSX.Element {
  const reading = useData(async (stop) => (await fetch('readyz', { signal: stop })).status === 503, [], READY_EVERY_MS);
  return (
    <p class="reading" role="status">
      {reading.data ? 'The topics are still being read: figures are not whole yet.' : ''}
    </p>
  );
}

function Periods(): JSX.Element {
  return (
    <fieldset class="periods">
      <legend class="unseen">Days shown</legend>
      {PERIODS.map((days) => (
        <label key={days}>
          <input type="radio" name="period" checked={period.value === days} onChange={() => (period.value = days)} />
          {days} d
        </label>
      ))}
    </fieldset>
  );
}

/** Nothing is shown without a token of the role `read`. */
function Entry(): JSX.Element {
  const enter = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof text === 'string' && text !== '') useToken(text);
  };
  return (
    <form class="panel entry" onSubmit={enter}>
      <h2>A token, please</h2>
      <p>It is one that the server was started with (RAPPORT_HTTP_READ_TOKEN), and is kept for this tab alone.</p>
      <label>
        Token
        <input type="password" name="token" autoComplete="off" required />
      </label>
      <button type="submit">Enter</button>
    </form>
  );
}

startToken();
startTheme();
followPlace();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
