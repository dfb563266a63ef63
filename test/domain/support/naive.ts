/**
 * The definitions once more, straight from the table, over the raw list of events: no buckets, no cursors, no timers.
 * Written for being obviously right; slow. Knows nothing of the product's code but its types.
 */
import type { Group } from '../../../src/domain/decision.ts';
import type { CustomerEvent, Purchase } from '../../../src/domain/event.ts';
import type { Policy } from '../../../src/domain/policy.ts';

const DAY = 86_400_000;
const dayOf = (at: number): number => Math.floor(at / DAY);

interface Booking {
  readonly day: number;
  readonly orders: number;
  readonly revenue: number;
  readonly cost: number;
}

export interface Known {
  readonly bookings: readonly Booking[];
  readonly orders: number;
  readonly revenue: number;
  readonly purchaseDays: readonly number[];
  readonly answers: readonly { at: number; score: number }[];
  readonly sends: readonly { at: number; campaign: number }[];
  readonly responses: readonly { at: number; campaign: number }[];
  readonly memberAt: number | null;
  readonly leftAt: number | null;
  readonly advocacyDays: readonly number[];
  readonly events: readonly CustomerEvent[];
}

/** What is known after the events, which stand in the order of time. */
export function know(events: readonly CustomerEvent[], policy: Policy): Known {
  const bookings: Booking[] = [];
  const answers: { at: number; score: number }[] = [];
  const sends: { at: number; campaign: number }[] = [];
  const responses: { at: number; campaign: number }[] = [];
  const advocacyDays: number[] = [];
  let memberAt: number | null = null;
  let leftAt: number | null = null;
  let orders = 0;
  let revenue = 0;

  events.forEach((event, i) => {
    if (event.type === 'purchase') {
      const sign = event.kind === 'PURCHASE' ? 1 : -1;
      const count = event.kind === 'REFUND' ? 0 : sign;
      orders += count;
      revenue += sign * event.amount;
      const day = bookedOn(event, events.slice(0, i));
      if (day !== null) bookings.push({ day, orders: count, revenue: sign * event.amount, cost: event.cost });
      if (event.campaign !== null) responses.push({ at: event.at, campaign: event.campaign });
    } else if (event.type === 'support') {
      if (event.satisfaction !== null) answers.push({ at: event.at, score: (event.satisfaction - 1) / 4 });
      // words without a score beside them; scores are held in steps of 1/27,720
      else if (event.sentiment !== null) answers.push({ at: event.at, score: Math.round(((event.sentiment + 1) / 2) * 27_720) / 27_720 });
      bookings.push({ day: dayOf(event.at), orders: 0, revenue: 0, cost: event.cost });
    } else if (event.type === 'survey') {
      const [least, most] = { NPS: [0, 10], CES: [1, 7], CSAT: [1, policy.feedback.csatMost], REVIEW: [1, policy.feedback.csatMost] }[
        event.kind
      ];
      const score = (event.score - (least ?? 0)) / ((most ?? 1) - (least ?? 0));
      answers.push({ at: event.at, score });
      if (event.kind === 'REVIEW' && score >= 0.75) advocacyDays.push(dayOf(event.at));
    } else if (event.type === 'engagement') {
      bookings.push({ day: dayOf(event.at), orders: 0, revenue: 0, cost: event.cost });
      if (event.kind === 'CAMPAIGN_SENT' && event.campaign !== null) sends.push({ at: event.at, campaign: event.campaign });
      if ((event.kind === 'CAMPAIGN_OPENED' || event.kind === 'CAMPAIGN_CLICKED') && event.campaign !== null)
        responses.push({ at: event.at, campaign: event.campaign });
      if (['LOYALTY_JOINED', 'LOYALTY_EARNED', 'LOYALTY_REDEEMED'].includes(event.kind))
        memberAt = Math.max(memberAt ?? event.at, event.at);
      if (event.kind === 'LOYALTY_LEFT') leftAt = Math.max(leftAt ?? event.at, event.at);
      if (event.kind === 'REFERRAL' || event.kind === 'COMMUNITY_POST') advocacyDays.push(dayOf(event.at));
    }
  });

  const perDay = new Map<number, number>();
  for (const booking of bookings) perDay.set(booking.day, (perDay.get(booking.day) ?? 0) + booking.orders);
  const purchaseDays = [...perDay]
    .filter(([, n]) => n > 0)
    .map(([day]) => day)
    .sort((a, b) => a - b);
  answers.sort((a, b) => a.at - b.at || a.score - b.score);
  return {
    bookings,
    orders,
    revenue,
    purchaseDays: orders > 0 ? purchaseDays : [],
    answers,
    sends,
    responses,
    memberAt,
    leftAt,
    advocacyDays,
    events,
  };
}

function bookedOn(event: Purchase, before: readonly CustomerEvent[]): number | null {
  const own = dayOf(event.at);
  if (event.kind === 'PURCHASE') return own;
  if (event.orderedAt !== null) {
    const placed = dayOf(event.orderedAt);
    return placed > own ? own : own - placed > 365 ? null : placed;
  }
  const order = before.find((other) => other.type === 'purchase' && other.kind === 'PURCHASE' && other.order === event.order);
  return order === undefined || own - dayOf(order.at) > 365 ? own : dayOf(order.at);
}

export interface Evaluated {
  readonly value: number;
  readonly loyalty: number | null;
  readonly contributions: readonly (number | null)[];
  readonly isNew: boolean;
}

export function evaluateAt(known: Known, at: number, policy: Policy): Evaluated {
  const { loyalty: l, newCustomer, value: v } = policy;
  const within = (day: number, days: number): boolean => at < (day + days) * DAY;
  const sum = (days: number, of: (booking: Booking) => number): number =>
    known.bookings.reduce((s, b) => s + (within(b.day, days) ? of(b) : 0), 0);

  const revenue = sum(v.windowDays, (b) => b.revenue);
  const count = sum(v.windowDays, (b) => b.orders);
  const worth =
    v.measure === 'revenue'
      ? revenue
      : v.measure === 'margin'
        ? revenue - sum(v.windowDays, (b) => b.cost)
        : count > 0
          ? Math.round(revenue / count)
          : 0;

  const first = known.purchaseDays[0];
  const last = known.purchaseDays.at(-1);
  const knownFor = first === undefined ? 0 : at - first * DAY;
  const isNew =
    first === undefined ||
    (knownFor < newCustomer.days * DAY && (known.orders < newCustomer.orders || knownFor < newCustomer.leastDays * DAY));

  let frequency: number | null = null;
  let rhythm: number | null = null;
  if (first !== undefined && last !== undefined) {
    frequency = Math.min(
      1,
      Math.max(
        0,
        sum(l.frequency.windowDays, (b) => b.orders),
      ) / l.frequency.orders,
    );
    const raw = (l.rhythm.firstGapDays + last - first) / known.purchaseDays.length;
    const gap = Math.min(l.rhythm.mostGapDays, Math.max(l.rhythm.leastGapDays, raw)) * DAY;
    const falls = last * DAY + l.rhythm.from * gap;
    const ends = last * DAY + l.rhythm.to * gap;
    rhythm = at <= falls ? 1 : at >= ends ? 0 : (ends - at) / (ends - falls);
  }

  const answers = known.answers.filter((answer) => at < answer.at + l.feedback.windowDays * DAY);
  let feedback: number | null = null;
  if (answers.length > 0) {
    let weights = 0;
    let scores = 0;
    for (const answer of [...answers].reverse()) {
      const weight = 2 ** ((answer.at - (answers.at(-1)?.at ?? 0)) / (l.feedback.halfLifeDays * DAY));
      weights += weight;
      scores += weight * answer.score;
    }
    feedback = Math.min(1, scores / weights);
  }

  const live = (t: { at: number }): boolean => at < t.at + l.engagement.windowDays * DAY;
  const mature = new Set(known.sends.filter((s) => live(s) && at >= s.at + l.engagement.matureDays * DAY).map((s) => s.campaign));
  const sent = new Set(known.sends.filter(live).map((s) => s.campaign));
  const answered = new Set(known.responses.filter((r) => live(r) && sent.has(r.campaign)).map((r) => r.campaign));
  const engaged = mature.size < l.engagement.leastSends ? null : Math.min(1, answered.size / mature.size);

  const member = known.memberAt !== null && (known.leftAt === null || known.leftAt < known.memberAt);
  const programme = !l.programme.enabled ? null : !member ? 0 : at < (known.memberAt ?? 0) + l.programme.activeDays * DAY ? 1 : 0.5;
  const advocacy = !l.advocacy.enabled
    ? null
    : Math.min(1, known.advocacyDays.filter((day) => within(day, l.advocacy.windowDays)).length / l.advocacy.events);

  const parts: readonly (readonly [number | null, number])[] = [
    [frequency, l.weights.frequency],
    [rhythm, l.weights.rhythm],
    [feedback, l.weights.feedback],
    [engaged, l.weights.engagement],
    [programme, l.weights.programme],
    [advocacy, l.weights.advocacy],
  ];
  const total = parts.reduce((s, [value, weight]) => s + (value === null ? 0 : weight), 0);
  const contributions = parts.map(([value, weight]) => (value === null ? null : (100 * weight * value) / total));
  const loyalty = contributions.every((c) => c === null) ? null : contributions.reduce<number>((s, c) => s + (c ?? 0), 0);
  return { value: Math.max(0, worth), loyalty, contributions, isNew };
}

export interface Memory {
  group: Group | null;
  since: number;
  valueHigh: boolean;
  loyaltyHigh: boolean;
}

/** One evaluation: moves the memory; returns whether any of it changed. */
export function remember(memory: Memory, { value, loyalty, isNew }: Evaluated, at: number, policy: Policy): boolean {
  const { value: v, loyalty: l } = policy;
  const valueHigh = value >= v.high || (memory.valueHigh && value >= v.high * v.leave);
  const loyaltyHigh = loyalty !== null && (loyalty >= l.high || (memory.loyaltyHigh && loyalty >= l.leave));
  const group = isNew ? 'NEW' : valueHigh ? (loyaltyHigh ? 'CHAMPION' : 'POTENTIAL_CHAMPION') : loyaltyHigh ? 'LOYALIST' : 'AT_RISK';
  const moves = memory.group === null || (group !== memory.group && at >= memory.since + l.dwellDays * DAY);
  const changed = moves || valueHigh !== memory.valueHigh || loyaltyHigh !== memory.loyaltyHigh;
  memory.valueHigh = valueHigh;
  memory.loyaltyHigh = loyaltyHigh;
  if (moves) {
    memory.group = group;
    memory.since = at;
  }
  return changed;
}

/** The instants at which something about a silent customer may jump. */
export function breakpointsOf(known: Known, policy: Policy, since: number): Set<number> {
  const { loyalty: l, newCustomer, value: v } = policy;
  const out = new Set<number>();
  for (const { day } of known.bookings) for (const days of [v.windowDays, l.frequency.windowDays]) out.add((day + days) * DAY);
  const first = known.purchaseDays[0];
  const last = known.purchaseDays.at(-1);
  if (first !== undefined && last !== undefined) {
    out.add((first + newCustomer.days) * DAY);
    out.add((first + newCustomer.leastDays) * DAY);
    const raw = (l.rhythm.firstGapDays + last - first) / known.purchaseDays.length;
    const gap = Math.min(l.rhythm.mostGapDays, Math.max(l.rhythm.leastGapDays, raw)) * DAY;
    out.add(Math.ceil(last * DAY + l.rhythm.from * gap));
    out.add(Math.ceil(last * DAY + l.rhythm.to * gap));
  }
  for (const { at } of known.answers) out.add(at + l.feedback.windowDays * DAY);
  for (const { at } of known.sends) {
    out.add(at + l.engagement.matureDays * DAY);
    out.add(at + l.engagement.windowDays * DAY);
  }
  for (const { at } of known.responses) out.add(at + l.engagement.windowDays * DAY);
  if (known.memberAt !== null) out.add(known.memberAt + l.programme.activeDays * DAY);
  for (const day of known.advocacyDays) out.add((day + l.advocacy.windowDays) * DAY);
  out.add(since + l.dwellDays * DAY);
  return out;
}
