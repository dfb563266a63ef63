/**
 * V5: changes and alerts as their readers see them. Of the topics alone: a customer's changes are numbered and go on from one another, episodes are opened once,
 * go on by numbers and are closed at most once, ids are never given twice, and each record is in its customer's partition. And none is said before its instant, by its own account and by the
 * brokers' clock.
 */
import { shardOf } from '../../src/codec/murmur2.ts';
import type { AlertRecord, SegmentChangeRecord } from '../../src/codec/types.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { Report } from './findings.ts';
import { type Keyed, sound } from './outputs.ts';
import type { Run } from './run.ts';
import type { Taken } from './taken.ts';

export function checkEpisodes(run: Run, taken: Taken): void {
  const report = run.findings.of('V5');
  const { settings } = run.evidence;
  const [changes, alerts] = [sound(run.outputs.changes), sound(run.outputs.alerts)];
  run.compared.alerts += alerts.length;
  chainFaults(changes, settings.shards, report);
  episodeFaults(alerts, settings.shards, report);
  // An event that is ahead of the broker may take time with it.
  for (const { id, at, detectedAt } of [...changes, ...alerts]) {
    if (at > detectedAt + taken.ahead) report(id, `is of ${at} and was said at ${detectedAt}, before it was so`);
    const appended = run.said.get(id);
    // undefined: no step has said it, which is V2's
    if (appended !== undefined && at > appended + run.clockSlackMs + taken.ahead)
      report(id, `is of ${at} and was committed at ${appended}, before it was so`);
  }
}

/** Numbers from 1 on, each change goes on from the one before, no id twice, all in the customer's partition and under his key. */
export function chainFaults(changes: readonly Keyed<SegmentChangeRecord>[], shards: number, report: Report): void {
  const ids = new Set<string>();
  const standing = new Map<string, SegmentChangeRecord>();
  for (const change of changes) {
    const { changeId, id, customerId, key, partition, number, from, at } = change;
    const where = `change ${number} of ${customerId}`;
    const before = standing.get(customerId);
    if (ids.has(changeId)) report(where, `has the id ${changeId}, which another has`);
    ids.add(changeId);
    if (id !== changeId) report(where, `has the id ${changeId}, its header says ${id}`);
    if (key !== customerId) report(where, `has the key ${key}`);
    const home = shardOf(customerId as CustomerId, shards);
    if (partition !== home) report(where, `is in partition ${partition}, not ${home}`);
    if (number !== (before?.number ?? 0) + 1) report(where, `follows ${before?.number ?? 'none'}`);
    if (from !== (before?.to ?? null)) report(where, `goes on from ${from}, the one before has ended in ${before?.to ?? null}`);
    if (at < (before?.at ?? 0)) report(where, `is of ${at}, earlier than the one before, ${before?.at}`);
    standing.set(customerId, change);
  }
}

/**
 * Alerts about the business too: each id once; an episode is opened once, goes on by numbers without a gap, and is closed at most once. A customer's
 * episodes of a kind are counted, and those of the business by kind and subject.
 */
export function episodeFaults(alerts: readonly Keyed<AlertRecord>[], shards: number, report: Report): void {
  const episodes = new Map<string, AlertRecord>();
  const counts = new Map<string, number>();
  const named = new Map<string, string>();
  const seen = new Set<string>();
  for (const alert of alerts) {
    const { customerId, kind, subject, episode, number, event, end, alertId, id, key, partition } = alert;
    const about = `${customerId ?? 'the business'} ${kind} ${subject}`;
    const where = `alert ${about} ${episode}.${number}`;
    const before = episodes.get(about);
    const counted = customerId === null ? about : `${customerId} ${kind}`;
    const goesOn = before !== undefined && before.event !== 'closed';
    if (seen.has(id)) report(where, `has the id ${id}, which another record has`);
    seen.add(id);
    const own = customerId ?? `${kind}|${subject}`;
    if (key !== own) report(where, `has the key ${key}, not ${own}`);
    const home = customerId === null ? 0 : shardOf(customerId as CustomerId, shards);
    if (partition !== home) report(where, `is in partition ${partition}, not ${home}`);
    if (goesOn && event === 'opened') report(where, `opens while ${before.episode}.${before.number} is open`);
    if (!goesOn && event !== 'opened') report(where, `is ${event} and nothing is open`);
    const shouldBe = goesOn ? [before.episode, before.number + 1] : [(counts.get(counted) ?? 0) + 1, 1];
    if (episode !== shouldBe[0] || number !== shouldBe[1]) report(where, `should be ${shouldBe.join('.')}`);
    if ((event === 'closed') !== (end !== null)) report(where, `is ${event} with the end ${end}`);
    // All records of an episode have its id, and no other has.
    const name = `${about} ${episode}`;
    if ((named.get(alertId) ?? name) !== name || (goesOn && before.alertId !== alertId))
      report(where, `has the id ${alertId} of another episode`);
    named.set(alertId, name);
    counts.set(counted, Math.max(episode, counts.get(counted) ?? 0));
    episodes.set(about, alert);
  }
}
