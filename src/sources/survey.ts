/**
 * Surveys and reviews: schemas/in/survey.avsc to the domain's `Survey`. Pure. The comment becomes
 * a number here: its text goes no further.
 */
import type { SurveyKind, SurveyRecord } from '../codec/types.ts';
import { type CustomerId, hash } from '../domain/ids.ts';
import { factFault, idFault, instant, scoreFault, symbolFault, type Terms, wordFault } from './checks.ts';
import type { Dead, Decoded } from './decoded.ts';
import { sentimentOf } from './sentiment.ts';

const KINDS: ReadonlySet<SurveyKind> = new Set(['NPS', 'CSAT', 'REVIEW', 'CES']);

export function survey(record: SurveyRecord, terms: Terms): Decoded {
  const fault =
    factFault(record) ??
    idFault('surveyId', record.surveyId) ??
    symbolFault('kind', record.kind, KINDS) ??
    onScale(record.kind, record.score, terms) ??
    wordFault('channel', record.channel);
  if (fault !== null) return fault;
  return {
    outcome: 'event',
    event: {
      type: 'survey',
      id: hash(record.eventId),
      customer: record.customerId as CustomerId,
      at: instant(record.occurredAt),
      survey: hash(record.surveyId),
      kind: record.kind,
      score: record.score,
      sentiment: sentimentOf(record.comment),
      channel: record.channel.toLowerCase(),
    },
  };
}

function onScale(kind: SurveyKind, score: number, { policy }: Terms): Dead | null {
  switch (kind) {
    case 'NPS':
      return scoreFault('score', score, 0, 10, true);
    case 'CSAT':
    case 'REVIEW':
      return scoreFault('score', score, 1, policy.feedback.csatMost, true);
    case 'CES':
      return scoreFault('score', score, 1, 7, false);
  }
}
