/**
 * Tickets. Causes: how busy support is sets how late it answers; a late answer or a reopened ticket spoils the mood, for months, and may
 * be the end at once; good help mends a little.
 */
import type { TicketStatus } from '../codec/types.ts';
import { DAY } from '../domain/ids.ts';
import { dropOut } from './engage.ts';
import type { Person } from './person.ts';
import { fact, HOUR, type Stage } from './stage.ts';
import { askEffort, comment, complaint } from './voice.ts';

interface Ticket {
  readonly id: string;
  readonly priority: string;
  /** the first answer took more than a day */
  late: boolean;
  reopened: boolean;
}

/** An answer after this counts as late. */
const LATE = 24 * HOUR;
const FORGOTTEN = 0.02;

export function openTicket(stage: Stage, person: Person): void {
  const { random } = person;
  const priority = random.pick([
    ['NORMAL', 7],
    ['HIGH', 2],
    ['URGENT', 1],
  ]);
  const ticket: Ticket = { id: `t-${person.nextEventId()}`, priority, late: false, reopened: false };
  step(stage, person, ticket, 'OPENED', null, complaint(person));
  const urgency = priority === 'NORMAL' ? 5 : priority === 'HIGH' ? 3 : 1.5;
  const delay = random.lognormal(urgency, 0.9) * HOUR * Math.exp(stage.calendar.load(stage.now));
  // some are forgotten, until somebody looks
  const answered = random.chance(FORGOTTEN) ? random.between(4, 11) * DAY : delay;
  ticket.late = answered > LATE;
  stage.plan(person, stage.now + answered, () => reply(stage, person, ticket));
}

function reply(stage: Stage, person: Person, ticket: Ticket): void {
  const { random } = person;
  step(stage, person, ticket, 'REPLIED');
  stage.plan(person, stage.now + random.lognormal(ticket.late ? 14 : 5, 0.8) * HOUR, () => {
    step(stage, person, ticket, 'RESOLVED');
    if (!ticket.reopened && random.chance(ticket.late ? 0.3 : 0.07)) {
      stage.plan(person, stage.now + random.between(3, 60) * HOUR, () => {
        ticket.reopened = true;
        step(stage, person, ticket, 'REOPENED', null, random.chance(0.5) ? comment(person, -1) : null);
        stage.plan(person, stage.now + random.lognormal(10, 0.8) * HOUR, () => reply(stage, person, ticket));
      });
    } else stage.plan(person, stage.now + random.between(2, 40) * HOUR, () => close(stage, person, ticket));
  });
}

function close(stage: Stage, person: Person, ticket: Ticket): void {
  const { random } = person;
  const bad = (ticket.late ? 0.5 : 0) + (ticket.reopened ? 0.35 : 0);
  person.feel(stage.now, bad > 0 ? -bad : 0.12);
  const rated = random.chance(0.45);
  const score = Math.round(Math.max(1, Math.min(5, 4 + person.mood(stage.now) - 1.5 * bad + random.normal(0, 0.7))));
  step(stage, person, ticket, 'CLOSED', rated ? score : null, comment(person, (score - 3) / 2));
  if (random.chance(0.12)) askEffort(stage, person, bad);
  if (bad > 0 && person.alive && random.chance(0.6 * bad)) dropOut(stage, person);
}

function step(
  stage: Stage,
  person: Person,
  ticket: Ticket,
  status: TicketStatus,
  satisfaction: number | null = null,
  words: string | null = null,
): void {
  const costMinor = status === 'REPLIED' ? 350 : null;
  stage.happen(person, {
    type: 'support',
    record: {
      ...fact(stage, person),
      ticketId: ticket.id,
      status,
      channel: person.supportChannel,
      priority: ticket.priority,
      satisfaction,
      comment: words,
      costMinor,
    },
  });
}
