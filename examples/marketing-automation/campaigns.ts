/**
 * Which change is answered with which mail. Pure: what a marketing department would edit.
 */

/** Of a segment change, the fields that are used here; all of them: ../../docs/topics.md#segment-changes */
export interface SegmentChange {
  readonly changeId: string;
  readonly customerId: string;
  readonly from: string | null;
  readonly to: string;
  /** ms since 1970, as all times */
  readonly detectedAt: number;
  readonly origin: 'live' | 'backfill';
  readonly strategies: readonly { readonly action: string; readonly channel: string }[];
}

export interface Mail {
  readonly template: string;
  /** the provider looks up the address: it does not belong into a topic or a log */
  readonly customerId: string;
  /** what helps, for the template to choose its words by */
  readonly action: string | null;
}

const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ['NEW', 'welcome'],
  ['CHAMPION', 'thank-you'],
  ['POTENTIAL_CHAMPION', 'discover-more'],
  ['AT_RISK', 'we-miss-you'],
]);

/** The mail, or why there is none. A group that this program does not know yet gets none. */
export function mailFor(change: SegmentChange, now: number, mostAgeMs: number): Mail | string {
  // What happened before rapport had caught up is history: nobody wants to be welcomed for it.
  if (change.origin !== 'live') return 'backfill';
  if (now - change.detectedAt > mostAgeMs) return 'too old';
  const template = TEMPLATES.get(change.to);
  if (template === undefined) return 'no campaign';
  return { template, customerId: change.customerId, action: change.strategies[0]?.action ?? null };
}
