/**
 * Changes as they happen, by server-sent events read with fetch, since EventSource cannot send a token. Goes on where it stood after the connection was lost. However many
 * come, they are kept to the newest hundred and shown four times a second.
 */
import { signal } from '@preact/signals';
import type { Change } from '../http/api.ts';
import { ask } from './api.ts';

const MOST = 100;
const SHOWN_EVERY_MS = 250;
const LEAST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 30_000;

/** newest first */
export const changes = signal<readonly Change[]>([]);
/** how many have come since the page was opened */
export const heard = signal(0);
/** counts the words that alerts have gone on */
export const alertsTold = signal(0);
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');

let waiting: Change[] = [];
let timer: number | undefined;

/** Adds what has come, at most four times a second; a change that is there already is not added again. */
export function add(more: readonly Change[]): void {
  waiting.push(...more);
  if (waiting.length > MOST) waiting = waiting.slice(-MOST);
  if (timer === undefined) timer = window.setTimeout(show, SHOWN_EVERY_MS);
}

function hear(more: readonly Change[]): void {
  heard.value += more.length;
  add(more);
}

function show(): void {
  timer = undefined;
  const known = new Set<string>();
  const all = [...waiting.reverse(), ...changes.value].filter(({ changeId }) => !known.has(changeId) && known.add(changeId));
  waiting = [];
  changes.value = all.slice(0, MOST);
}

/** Listens until it is stopped. `anew` asks for what is shown, since what came meanwhile is not known. */
export async function listen(stop: AbortSignal, anew: () => Promise<void>): Promise<void> {
  let bookmark: string | null = null;
  let pause = LEAST_PAUSE_MS;
  while (!stop.aborted) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream', ...(bookmark === null ? {} : { 'last-event-id': bookmark }) };
      const response = await ask('changes/live', {}, headers, stop);
      if (bookmark === null) await anew();
      connection.value = 'live';
      for await (const event of eventsOf(response)) {
        pause = LEAST_PAUSE_MS;
        if (event.id !== null) bookmark = event.id;
        if (event.type === 'changes') hear(JSON.parse(event.data) as Change[]);
        if (event.type === 'alerts' || event.type === 'reset') alertsTold.value += 1;
        if (event.type === 'reset') await anew();
      }
    } catch (error) {
      if (stop.aborted) return;
      console.warn('live changes:', error);
    }
    connection.value = 'lost';
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(MOST_PAUSE_MS, pause * 2);
  }
}

interface Event {
  readonly type: string;
  readonly data: string;
  readonly id: string | null;
}

/** By the rules of the HTML standard, for what this server sends: one line of data. */
async function* eventsOf(response: Response): AsyncGenerator<Event> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map<string, string>();
      for (const line of block.split('\n')) {
        const match = /^(\w+): ?(.*)$/.exec(line);
        if (match?.[1] !== undefined) fields.set(match[1], match[2] ?? '');
      }
      if (fields.size > 0) yield { type: fields.get('event') ?? 'message', data: fields.get('data') ?? '', id: fields.get('id') ?? null };
    }
  }
}
