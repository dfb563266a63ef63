/** What an on-call engineer looks at: is it behind, does it stand still, what could not be read. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { DeadLettersAnswer, ShardsAnswer } from '../../http/api.ts';
import { get } from '../api.ts';
import { count, duration, instantText, number } from '../format.ts';
import { Panel, Table } from '../panel.tsx';
import { useData } from '../state.ts';

const EVERY_MS = 5_000;
type Shard = ShardsAnswer['shards'][number];

const lagOf = ({ inputs }: Shard): number => inputs.reduce((sum, { lag }) => sum + lag, 0);

/** Steps a second of all shards, from one answer to the next; null until there are two. */
function useRate(shards: readonly Shard[] | undefined): number | null {
  const last = useRef<{ readonly at: number; readonly steps: number; readonly rate: number | null; readonly of: readonly Shard[] } | null>(
    null,
  );
  if (shards === undefined || shards === last.current?.of) return last.current?.rate ?? null;
  const at = performance.now();
  const steps = shards.reduce((sum, { sequence }) => sum + (sequence ?? 0), 0);
  const before = last.current;
  const rate = before === null ? null : Math.max(0, ((steps - before.steps) * 1_000) / (at - before.at));
  last.current = { at, steps, rate, of: shards };
  return rate;
}

export function Pipeline(): JSX.Element {
  const shards = useData((stop) => get<ShardsAnswer>('shards', {}, stop), [], EVERY_MS);
  const letters = useData((stop) => get<DeadLettersAnswer>('dead-letters', {}, stop), [], EVERY_MS);
  const rate = useRate(shards.data?.shards);
  return (
    <>
      <Panel title="Shards" note={rate === null ? '' : `${number(rate)} steps a second`} loaded={shards} height={360} wide>
        {(data) => (
          <>
            <ul class="tiles">
              <Tile name="records behind" value={count(data.shards.reduce((sum, shard) => sum + lagOf(shard), 0))} />
              <Tile name="longest delay" value={duration(Math.max(0, ...data.shards.map(({ delayMs }) => delayMs ?? 0)))} />
              <Tile name="steps not in Redis yet" value={count(data.shards.reduce((sum, { toApply }) => sum + toApply, 0))} />
            </ul>
            <Table
              caption="Shards"
              columns={[
                { name: 'shard', of: ({ shard }) => shard },
                { name: 'lag', of: (shard) => count(lagOf(shard)), right: true },
                { name: 'delay', of: ({ delayMs }) => duration(delayMs), right: true },
                { name: 'watermark', of: ({ watermark }) => instantText(watermark) },
                { name: 'steps', of: ({ sequence }) => count(sequence), right: true },
                { name: 'journal', of: ({ journal }) => `${count(journal.start)} – ${count(journal.end)}`, right: true },
                { name: 'to apply', of: ({ toApply }) => count(toApply), right: true },
                { name: 'caught up', of: ({ caughtUpAt }) => instantText(caughtUpAt) },
              ]}
              rows={data.shards}
              keyOf={({ shard }) => String(shard)}
            />
          </>
        )}
      </Panel>
      <Panel
        title="Dead letters"
        note="by reason and topic"
        loaded={letters}
        height={160}
        empty={({ items }) => (items.length === 0 ? 'None: every record could be read.' : null)}
      >
        {({ items }) => (
          <Table
            caption="Dead letters"
            columns={[
              { name: 'reason', of: ({ reason }) => reason },
              { name: 'topic', of: ({ topic }) => topic },
              { name: 'records', of: ({ count: each }) => count(each), right: true },
              { name: 'last', of: ({ lastAt }) => instantText(lastAt) },
            ]}
            rows={items}
            keyOf={({ reason, topic }) => `${reason} ${topic}`}
          />
        )}
      </Panel>
    </>
  );
}

function Tile({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <li>
      <div class="tile">
        {name}
        <strong>{value}</strong>
      </div>
    </li>
  );
}
