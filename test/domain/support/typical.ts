/** A typical customer: 12 purchases a year, 3 tickets, 2 surveys, 20 engagements. */
import type { CustomerEvent } from '../../../src/domain/event.ts';
import { hash, type Minor } from '../../../src/domain/ids.ts';
import { engagement, on, purchase, support, survey } from './events.ts';

export function typicalHistory(years: number): CustomerEvent[] {
  const events: CustomerEvent[] = [];
  for (let i = 0; i < 12 * years; i++) events.push(purchase(on(i * 30, i * 1_234_567), 3_000 + i * 431, { cost: (200 + i) as Minor }));
  for (let i = 0; i < 2 * years; i++) events.push(survey(on(90 + i * 180, 7_654_321), 'NPS', 8));
  for (let i = 0; i < 20 * years; i++)
    events.push(engagement(on(i * 18, 3_333_333), i % 3 === 2 ? 'CAMPAIGN_CLICKED' : 'CAMPAIGN_SENT', `c-${i - (i % 3 === 2 ? 1 : 0)}`));
  for (let i = 0; i < 3 * years; i++) {
    const ticket = hash(`ticket-${i}`);
    events.push(
      support(on(100 + i * 121, 1_111), null, 0, { ticket, status: 'OPENED' }),
      support(on(100 + i * 121, 9_999_999), 4, 150, { ticket }),
    );
  }
  return events.sort((a, b) => a.at - b.at);
}
