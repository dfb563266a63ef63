/**
 * What the whole page shares: where it is, the period, the theme, the policy; and the hook by which a part asks for its figures.
 */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { PolicyAnswer } from '../http/api.ts';
import { moneyIn } from './format.ts';

export const PERIODS = [7, 30, 90, 365] as const;

/** days */
export const period = signal<number>(30);
export const theme = signal<'light' | 'dark'>('light');
export const policy = signal<PolicyAnswer | null>(null);
/** the part of the address behind `#` */
export const place = signal('/');

export const money = (minor: number | null | undefined): string =>
  policy.value === null ? '–' : moneyIn(policy.value.currency, policy.value.digits)(minor);

/** YYYY-MM-DD in UTC, so many days ago. */
export const dayAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

export function setTheme(to: 'light' | 'dark'): void {
  theme.value = to;
  document.documentElement.dataset.theme = to;
  localStorage.setItem('rapport-theme', to);
}

/** What was chosen before, else what the system prefers. */
export function startTheme(): void {
  const kept = localStorage.getItem('rapport-theme');
  setTheme(kept === 'light' || kept === 'dark' ? kept : matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/** The address is where the page is: each place can be linked to and gone back to. */
export function followPlace(): void {
  const look = (): void => {
    if (location.hash === '' || location.hash.startsWith('#/')) place.value = location.hash.slice(1) || '/';
  };
  addEventListener('hashchange', look);
  look();
}

/** What was asked for: the last good answer stays while a new one is on its way, or fails. */
export interface Loaded<T> {
  readonly data: T | null;
  readonly error: string | null;
}

/** Asks at once, whenever `inputs` change, and every so many ms while the page is seen. */
export function useData<T>(load: (stop: AbortSignal) => Promise<T>, inputs: readonly unknown[], everyMs: number | null = null): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ data: null, error: null });
  useEffect(() => {
    const stop = new AbortController();
    const look = async (): Promise<void> => {
      try {
        const data = await load(stop.signal);
        if (!stop.signal.aborted) setLoaded({ data, error: null });
      } catch (error) {
        if (!stop.signal.aborted) setLoaded(({ data }) => ({ data, error: error instanceof Error ? error.message : String(error) }));
      }
    };
    void look();
    const timer = everyMs === null ? undefined : setInterval(() => document.visibilityState === 'visible' && void look(), everyMs);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, inputs);
  return loaded;
}
