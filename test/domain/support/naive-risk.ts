/**
 * Churn risk once more, straight from the table, over the raw list of events. Written for being obviously right; slow. Knows nothing of the product's code
 * but its types.
 */
import type { Level, Signal } from '../../../src/domain/decision.ts';
import type { CustomerEvent, Support } from '../../../src/domain/event.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { Known } from './naive.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const LEVELS: readonly Level[] = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

export interface Measured {
  readonly signals: readonly Signal[];
  readonly buyProbability: number | null;
  /** index in LEVELS; null for prospects */
  readonly level: number | null;
  readonly lost: boolean;
}

const of = <T extends CustomerEvent['type']>(known: Known, type: T) =>
  known.events.filter((event): event is Extract<CustomerEvent, { type: T }> => event.type === type);

/** The customer's gap in days, and as it is. */
function gaps(known: Known, policy: Policy): { held: number; free: number } {
  const { firstGapDays, leastGapDays, mostGapDays } = policy.loyalty.rhythm;
  const days = known.purchaseDays;
  const free = (firstGapDays + (days.at(-1) ?? 0) - (days[0] ?? 0)) / days.length;
  return { free, held: Math.min(mostGapDays, Math.max(leastGapDays, free)) };
}

function lostFrom(known: Known, policy: Policy): number {
  const { days, gaps: times } = policy.churn.lost;
  return Math.ceil((known.purchaseDays.at(-1) ?? 0) * DAY + Math.max(days, times * gaps(known, policy).free) * DAY);
}

/** P(X ≤ k) of n fair coins, by Pascal's triangle. */
function coins(k: number, n: number): number {
  let row = [1];
  for (let i = 0; i < n; i++) row = [0, ...row].map((p, j) => p / 2 + (row[j] ?? 0) / 2);
  return row.slice(0, k + 1).reduce((sum, p) => sum + p, 0);
}

interface Ticket {
  readonly opened: number | null;
  readonly replied: number | null;
  readonly resolved: number | null;
  readonly reopened: number | null;
}

function ticketsOf(known: Known): Ticket[] {
  const by = Map.groupBy(of(known, 'support'), ({ ticket }) => ticket);
  return [...by.values()].map((events) => {
    const at = (...statuses: Support['status'][]) =>
      events.filter(({ status }) => statuses.includes(status)).map((event) => event.at as number);
    const least = (all: number[]) => (all.length === 0 ? null : Math.min(...all));
    const most = (all: number[]) => (all.length === 0 ? null : Math.max(...all));
    return {
      opened: least(at('OPENED')),
      replied: least(at('REPLIED')),
      resolved: most(at('RESOLVED', 'CLOSED')),
      reopened: most(at('REOPENED')),
    };
  });
}

const isOpen = ({ opened, reopened, resolved }: Ticket): boolean =>
  resolved === null ? opened !== null || reopened !== null : reopened !== null && reopened > resolved;

function hurts(ticket: Ticket, at: number, policy: Policy): boolean {
  const { openHours, replyHours, afterDays } = policy.churn.support;
  const { opened, replied, resolved, reopened } = ticket;
  const answers = [replied, resolved].filter((instant) => instant !== null);
  const answered = answers.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...answers);
  const late = opened !== null && answered > opened + replyHours * HOUR && at > opened + replyHours * HOUR;
  const since = reopened !== null && resolved !== null && reopened > resolved ? reopened : (opened ?? reopened ?? replied);
  const open = isOpen(ticket);
  const long = since !== null && at > since + openHours * HOUR && (open || (resolved ?? 0) > since + openHours * HOUR);
  const again = reopened !== null && at >= reopened;
  const over = !open && at >= (resolved ?? Math.max(opened ?? 0, replied ?? 0, reopened ?? 0)) + afterDays * DAY;
  return (late || long || again) && !over;
}

function signalsAt(known: Known, at: number, policy: Policy): Signal[] {
  const { churn, loyalty } = policy;
  const { purchaseDays: days } = known;
  const out: Signal[] = [];
  const orders = (from: number, to: number): number =>
    Math.max(
      0,
      known.bookings.filter(({ day }) => at < (day + to) * DAY && at >= (day + from) * DAY).reduce((sum, b) => sum + b.orders, 0),
    );
  if (days.length > 0) {
    const last = days.at(-1) ?? 0;
    const overdue = Math.ceil(last * DAY + churn.overdue * gaps(known, policy).held * DAY);
    if (at >= overdue && at < lostFrom(known, policy)) out.push('OVERDUE');
    const { windowDays, share, significance } = churn.declining;
    const [n1, n2] = [orders(windowDays, 2 * windowDays), orders(-1e6, windowDays)];
    if (n1 > 0 && n2 <= share * n1 && coins(n2, n1 + n2) <= significance) out.push('DECLINING_FREQUENCY');
  }
  // feedback: of each kind the newest
  const newest = new Map<string, { at: number; bad: boolean }>();
  const hear = (kind: string, when: number, bad: boolean): void => {
    const before = newest.get(kind);
    if (before === undefined || when > before.at || (when === before.at && before.bad)) newest.set(kind, { at: when, bad });
  };
  for (const event of known.events) {
    if (event.type === 'survey' && event.kind === 'NPS') hear('NPS', event.at, event.score <= churn.negative.nps);
    if (event.type === 'survey' && (event.kind === 'CSAT' || event.kind === 'REVIEW'))
      hear(event.kind, event.at, event.score <= churn.negative.csat);
    if (event.type === 'support' && event.satisfaction !== null)
      hear('CSAT', event.at, (event.satisfaction - 1) / 4 <= (churn.negative.csat - 1) / (policy.feedback.csatMost - 1));
    if ((event.type === 'support' || event.type === 'survey') && event.sentiment !== null)
      hear('words', event.at, event.sentiment <= churn.negative.sentiment);
  }
  if ([...newest.values()].some(({ at: when, bad }) => bad && at < when + churn.negative.windowDays * DAY)) out.push('NEGATIVE_FEEDBACK');

  const engagement = of(known, 'engagement');
  const last = (...kinds: string[]): number =>
    Math.max(Number.NEGATIVE_INFINITY, ...engagement.filter(({ kind }) => kinds.includes(kind)).map((e) => e.at));
  const { windowDays, leastSends, leastResponses, share } = churn.disengaged;
  const answered = new Set(known.responses.map(({ campaign }) => campaign));
  const window = (i: number) =>
    known.sends.filter((send) => {
      const age = at - send.at - loyalty.engagement.matureDays * DAY;
      return age >= i * windowDays * DAY && age < (i + 1) * windowDays * DAY;
    });
  const rate = (sends: readonly { campaign: number }[]) => sends.filter(({ campaign }) => answered.has(campaign)).length;
  const [now, before] = [window(0), window(1)];
  const fewer = rate(now) * before.length <= share * rate(before) * now.length;
  if (last('UNSUBSCRIBED') > Number.NEGATIVE_INFINITY && last('RESUBSCRIBED') < last('UNSUBSCRIBED')) out.push('DISENGAGED');
  else if (now.length >= leastSends && before.length >= leastSends && rate(before) >= leastResponses && fewer) out.push('DISENGAGED');

  if (loyalty.programme.enabled) {
    const { memberAt, leftAt } = known;
    const left = leftAt !== null && (memberAt === null || leftAt >= memberAt);
    const idle = memberAt !== null && at >= memberAt + loyalty.programme.activeDays * DAY;
    const never = memberAt === null && days[0] !== undefined && at >= (days[0] + churn.programme.joinDays) * DAY;
    if (left || idle || never) out.push('LOYALTY_INACTIVE');
  }
  if (ticketsOf(known).some((ticket) => hurts(ticket, at, policy))) out.push('SUPPORT_PAIN');

  const bought = of(known, 'purchase').filter(({ kind, at: when }) => kind === 'PURCHASE' && at < (Math.floor(when / DAY) + 365) * DAY);
  const cheap = bought.filter(({ discount }) => discount > 0).length;
  const { orders: least, share: most } = churn.priceSensitive;
  if (days.length > 0 && bought.length >= least && cheap >= most * bought.length) out.push('PRICE_SENSITIVE');
  return out;
}

export function measure(known: Known, at: number, policy: Policy): Measured {
  const signals = signalsAt(known, at, policy);
  const { churn } = policy;
  const { purchaseDays: days } = known;
  const first = days[0];
  if (first === undefined) return { signals, buyProbability: null, level: null, lost: false };
  const { r, alpha, a, b } = churn.parameters;
  const x = days.length - 1;
  const tx = (days.at(-1) ?? 0) - first;
  const T = Math.max(tx, (at - first * DAY) / DAY);
  let buyProbability: number | null = null;
  if (churn.model === 'mbg' || x > 0) {
    const alive = 1 / (1 + (a / (churn.model === 'mbg' ? b + x : b + x - 1)) * ((alpha + T) / (alpha + tx)) ** (r + x));
    buyProbability = alive * (1 - ((alpha + T) / (alpha + T + churn.horizonDays)) ** (r + x));
  }
  const byBuying = [churn.p1, churn.p2, churn.p3].filter((p) => buyProbability !== null && buyProbability < p).length;
  const raising = signals.filter((signal) => signal !== 'PRICE_SENSITIVE').length;
  return { signals, buyProbability, level: Math.max(byBuying, Math.min(3, raising)), lost: at >= lostFrom(known, policy) };
}

export interface RiskMemory {
  signals: string;
  level: Level | null;
  below: number | null;
  lost: boolean;
}

export const newRisk = (): RiskMemory => ({ signals: '', level: null, below: null, lost: false });

/** One evaluation: moves the memory; returns whether any of it changed. */
export function rememberRisk(memory: RiskMemory, measured: Measured, at: number, policy: Policy, bought: boolean): boolean {
  const was = JSON.stringify(memory);
  memory.signals = measured.signals.join(' ');
  memory.lost = measured.lost;
  let rank = memory.level === null ? -1 : LEVELS.indexOf(memory.level);
  const { level } = measured;
  if (level === null || level >= rank || (bought && level <= 1)) {
    rank = level ?? -1;
    memory.below = null;
  } else {
    memory.below ??= at;
    while (rank > level && at >= memory.below + policy.churn.dwellDays * DAY) {
      rank -= 1;
      memory.below += policy.churn.dwellDays * DAY;
    }
    if (rank === level) memory.below = null;
  }
  memory.level = LEVELS[rank] ?? null;
  return JSON.stringify(memory) !== was;
}

/** The instants at which something about the risk of a silent customer may jump, or an alert or a total may. */
export function riskBreakpoints(known: Known, policy: Policy, evaluatedAt: number): Set<number> {
  const { churn, loyalty, alerts, kpis } = policy;
  const out = new Set<number>();
  const days = known.purchaseDays;
  for (const { day } of known.bookings)
    for (const ahead of [churn.declining.windowDays, 2 * churn.declining.windowDays, 365, 730]) out.add((day + ahead) * DAY);
  for (const event of of(known, 'purchase')) {
    out.add((Math.floor(event.at / DAY) + 365) * DAY);
    out.add(event.at + alerts.followUp.contactDays * DAY);
  }
  if (days.length > 0) {
    out.add(lostFrom(known, policy));
    out.add(Math.ceil((days.at(-1) ?? 0) * DAY + churn.overdue * gaps(known, policy).held * DAY));
    out.add(((days[0] ?? 0) + churn.programme.joinDays) * DAY);
  }
  for (const event of known.events) out.add(event.at + churn.negative.windowDays * DAY);
  for (const { at } of known.sends)
    for (const i of [0, 1, 2]) out.add(at + (loyalty.engagement.matureDays + i * churn.disengaged.windowDays) * DAY);
  for (const { opened, reopened, resolved, replied } of ticketsOf(known)) {
    for (const at of [opened, reopened, resolved, replied]) {
      if (at === null) continue;
      out.add(at + churn.support.replyHours * HOUR + 1);
      out.add(at + churn.support.openHours * HOUR + 1);
      out.add(at + churn.support.afterDays * DAY);
    }
  }
  for (const ahead of [churn.dwellDays, alerts.churnRisk.quietDays, kpis.evaluateDays]) out.add(evaluatedAt + ahead * DAY);
  return out;
}
