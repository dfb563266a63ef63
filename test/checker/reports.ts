/**
 * The publications of shard 0 made again (V2): from the totals that the journals hold up to the positions that a header says were read, and what shard 0 remembered.
 * Shares the reporter, which is pure, and the codecs with the engine; which totals were there, it finds in the journals by itself. Of the records it takes what no
 * journal says: when each was made (`detectedAt`).
 */
import { decodePublisherState, encodePublisherState, NO_STATE, PUBLISHER_KEY } from '../../src/codec/publisher-state.ts';
import { decodeCell, decodeDays, totalNameOf } from '../../src/codec/totals.ts';
import type { Instant } from '../../src/domain/ids.ts';
import { Reporter } from '../../src/domain/kpi-report.ts';
import { BASE, Totals } from '../../src/domain/kpi-totals.ts';
import type { JournalHeader } from '../../src/engine/journal.ts';
import type { DecisionContext } from '../../src/engine/ports.ts';
import { firstKept } from '../../src/engine/totals.ts';
import { idOf, sameBytes } from './bytes.ts';
import type { Report } from './findings.ts';
import type { Step } from './journal.ts';
import type { Told } from './outputs.ts';
import type { Run } from './run.ts';
import type { Expected } from './sequence.ts';

/** KPIs of one publication at most, as publisher.ts bounds them. */
const MOST = 1_000;

export interface Reports {
  readonly kpis: readonly Expected[];
  /** those about the business */
  readonly alerts: readonly Expected[];
}

/** One shard's cells as they stand at a position that only goes on. */
class Cells {
  readonly #shard: number;
  readonly #steps: readonly Step[];
  readonly #cells = new Map<string, Buffer>();
  #at = 0;
  header: JournalHeader | null = null;

  constructor(shard: number, steps: readonly Step[]) {
    this.#shard = shard;
    this.#steps = steps;
  }

  /** All that stands now, for a publisher that begins. */
  all(totals: Totals): void {
    for (const [key, state] of this.#cells) this.#put(totals, key, state);
  }

  /** Up to an offset; whether a step ends there. */
  advance(offset: number, totals: Totals): boolean {
    for (let step = this.#steps[this.#at]; step !== undefined && step.next <= offset; step = this.#steps[this.#at]) {
      this.#at += 1;
      this.header = step.header;
      for (const { customer, state } of step.entries) {
        if (state === null || totalNameOf(customer) === null) continue;
        this.#cells.set(customer, state);
        this.#put(totals, customer, state);
      }
    }
    return this.#steps[this.#at - 1]?.next === offset;
  }

  #put(totals: Totals, key: string, state: Buffer): void {
    const name = totalNameOf(key);
    if (name === null) return;
    if (name.kind === 'values') totals.values.put(this.#shard, name.block, decodeCell(state));
    else if (name.kind === 'days') this.#keep(totals, new Set(decodeDays(state).days));
    else
      totals.put(this.#shard, {
        dimension: name.dimension,
        day: name.kind === 'base' ? BASE : name.day,
        amounts: decodeCell(state),
      });
  }

  /** Cells of other days have gone into the base. */
  #keep(totals: Totals, days: ReadonlySet<number>): void {
    for (const key of [...this.#cells.keys()]) {
      const name = totalNameOf(key);
      if (name?.kind !== 'cell' || days.has(name.day)) continue;
      this.#cells.delete(key);
      totals.put(this.#shard, { dimension: name.dimension, day: name.day, amounts: null });
    }
  }
}

export function reportsAgain({ evidence, outputs, shards, said }: Run, report: Report): Reports {
  const { settings, encoder } = evidence;
  const kpis: Expected[] = [];
  const alerts: Expected[] = [];
  const written = outputs.kpis;
  const business = outputs.alerts.filter(({ record }) => record?.customerId === null);
  const cells = shards.map(({ shard, steps }) => new Cells(shard, steps));
  let totals = new Totals();
  let reporter: Reporter | null = null;
  let state = NO_STATE;
  let read = '';

  for (const step of shards[0]?.steps ?? []) {
    const where = `${settings.topics.journal}-0@${step.offset}`;
    const { header } = step;
    if (header.kind === 'claim') {
      // Whoever publishes from now on knows only what is remembered.
      reporter = null;
      continue;
    }
    const remembered = step.entries.find(({ cause, customer }) => cause === 'total' && customer === PUBLISHER_KEY)?.state ?? null;
    if (remembered === null) {
      if (readingOf(header.read) !== read) report(where, 'was read anew, but nothing is remembered');
      continue;
    }
    if (reporter === null) {
      totals = new Totals();
      for (const each of cells) each.all(totals);
      reporter = new Reporter(totals, settings.policy);
    }
    if (header.read.length !== settings.shards) report(where, `was made from ${header.read.length} shards`);
    for (const { shard, offset } of header.read) {
      if (cells[shard]?.advance(offset, totals) !== true)
        report(where, `was made from shard ${shard} at ${offset}, which is the end of no committed step`);
    }
    read = readingOf(header.read);
    const after = decodePublisherState(remembered);
    const { until } = after;
    if (until < state.until) report(where, `holds up to ${until}, what was told before up to ${state.until}`);
    if (until > header.watermark) report(where, `holds up to ${until}, later than its watermark ${header.watermark}`);
    const headers = cells.flatMap((each) => each.header ?? []);
    const caughtUp = headers.flatMap(({ caughtUpAt }) => caughtUpAt ?? []);
    const caughtUpAt = caughtUp.length === 0 ? null : (Math.max(...caughtUp) as Instant);
    const contextOf = (told: Told<{ readonly detectedAt: number }> | undefined): DecisionContext => {
      const now = Math.min(told?.record?.detectedAt ?? header.now, header.now) as Instant;
      return { shard: 0, now, caughtUpAt, trigger: null };
    };
    const horizon = Math.max(...headers.map(({ watermark }) => firstKept(watermark)), firstKept(until));
    const made = reporter.report(state, until, horizon, MOST);
    for (const alert of made.alerts) {
      const record = encoder.decision(alert, contextOf(business[alerts.length]));
      said.set(idOf(record), step.appended);
      alerts.push({ record, by: where });
    }
    for (const kpi of made.kpis)
      kpis.push({ record: encoder.decision({ ...kpi, offsets: header.read }, contextOf(written[kpis.length])), by: where });
    state = { ...made.state, until };
    if (!sameBytes(encodePublisherState(state), remembered))
      report(where, 'remembers something else than what it has published, made again');
    state = after;
  }
  return { kpis, alerts };
}

const readingOf = (read: JournalHeader['read']): string => read.map(({ shard, offset }) => `${shard}@${offset}`).join(' ');
