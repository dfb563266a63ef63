// Generated from schemas/ by `node src/codec/generate.ts`. Change the schemas, not this file.

/** What a customer is, rather than does: demographic and psychographic attributes. The topic is compacted: give all that are known each time. */
export interface AttributesRecord {
  /** Unique for this event; a redelivery carries the same one. 1-128 bytes. */
  readonly eventId: string;
  /** 1-128 bytes of UTF-8 without control characters. */
  readonly customerId: string;
  /** Event time, ms since the epoch, UTC. */
  readonly occurredAt: number;
  /** Values by name; null or an empty text removes one, one that is not named stays. The policy names those that are kept, 64 bytes of each. */
  readonly attributes: Readonly<Record<string, null | string>>;
}

export type CommandKind = 'ACKNOWLEDGE';

/** What somebody of the business wants done about a customer. Written by `rapport serve`; later commands are further kinds, with fields of their own. */
export interface CommandRecord {
  /** Unique for this command; a repeated one carries the same. 1-128 bytes. */
  readonly commandId: string;
  /** 1-128 bytes of UTF-8 without control characters. */
  readonly customerId: string;
  /** When it was given, ms since the epoch, UTC. */
  readonly occurredAt: number;
  /** ACKNOWLEDGE: whoever gives it takes an open alert on. */
  readonly kind: CommandKind;
  /** kind of the alert, as its records have it: CHURN_RISK, FOLLOW_UP_DUE, SUPPORT_OVERDUE. */
  readonly alert: string;
  /** As the alert's records have it. */
  readonly subject: string;
  /** As the alert's records have it. */
  readonly episode: number;
  /** Of the episode's latest record that was seen: one that has gone on since is not acknowledged. */
  readonly number: number;
  /** Who. 1-64 bytes of UTF-8 without control characters. */
  readonly by: string;
}

export type EngagementKind = 'CAMPAIGN_SENT' | 'CAMPAIGN_OPENED' | 'CAMPAIGN_CLICKED' | 'UNSUBSCRIBED' | 'RESUBSCRIBED' | 'LOYALTY_JOINED' | 'LOYALTY_EARNED' | 'LOYALTY_REDEEMED' | 'LOYALTY_LEFT' | 'REFERRAL' | 'REVIEW_POSTED' | 'COMMUNITY_POST' | 'VISIT' | 'SIGNED_UP';

/** A contact that is neither purchase, support nor survey: campaigns, the loyalty programme, visits, advocacy. */
export interface EngagementRecord {
  /** Unique for this event; a redelivery carries the same one. 1-128 bytes. */
  readonly eventId: string;
  /** 1-128 bytes of UTF-8 without control characters. */
  readonly customerId: string;
  /** Event time, ms since the epoch, UTC. */
  readonly occurredAt: number;
  /** What happened. */
  readonly kind: EngagementKind;
  /** Which campaign; without it a CAMPAIGN_ kind counts as a contact only. 1-128 bytes. */
  readonly campaignId: null | string;
  /** E.g. EMAIL, WEB, STORE. At most 64 bytes. */
  readonly channel: string;
  /** Cost of the contact; minor units of the policy's base currency, never negative. */
  readonly costMinor: null | number;
}

export type PurchaseKind = 'PURCHASE' | 'REFUND' | 'CANCELLATION';

/** An order, or what takes one back: a refund lowers revenue, a cancellation the order count too. */
export interface PurchaseRecord {
  /** Unique for this event; a redelivery carries the same one. 1-128 bytes. */
  readonly eventId: string;
  /** 1-128 bytes of UTF-8 without control characters. */
  readonly customerId: string;
  /** Event time, ms since the epoch, UTC. */
  readonly occurredAt: number;
  /** The order; a refund or cancellation names the order that it takes back. 1-128 bytes. */
  readonly orderId: string;
  /** Which way the amount goes. */
  readonly kind: PurchaseKind;
  /** After discounts, before tax and shipping; minor units of the currency, never negative. */
  readonly amountMinor: number;
  /** ISO 4217 code. */
  readonly currency: string;
  /** What was taken off; minor units of the currency, never negative. */
  readonly discountMinor: number;
  /** Cost to serve; minor units of the currency, never negative. */
  readonly costMinor: null | number;
  /** Number of items, not negative. */
  readonly items: number;
  /** Where it was bought, e.g. WEB or STORE. At most 64 bytes. */
  readonly channel: string;
  /** Part of a subscription or standing order. */
  readonly recurring: boolean;
  /** Followed a recommendation. */
  readonly recommended: boolean;
  /** The campaign that it answers. 1-128 bytes. */
  readonly campaignId: null | string;
  /** Of a refund or cancellation: when the order was placed, ms since the epoch, UTC. */
  readonly orderedAt: null | number;
}

export type TicketStatus = 'OPENED' | 'REPLIED' | 'RESOLVED' | 'REOPENED' | 'CLOSED';

/** A step in the life of a support ticket. */
export interface SupportRecord {
  /** Unique for this event; a redelivery carries the same one. 1-128 bytes. */
  readonly eventId: string;
  /** 1-128 bytes of UTF-8 without control characters. */
  readonly customerId: string;
  /** Event time, ms since the epoch, UTC. */
  readonly occurredAt: number;
  /** 1-128 bytes. */
  readonly ticketId: string;
  /** What happened to the ticket. */
  readonly status: TicketStatus;
  /** E.g. PHONE, EMAIL, CHAT. At most 64 bytes. */
  readonly channel: string;
  /** The help desk's own word for it. At most 64 bytes. */
  readonly priority: string;
  /** 1-5, 5 is best. */
  readonly satisfaction: null | number;
  /** The customer's words: read for their sentiment, never stored, logged or sent on. */
  readonly comment: null | string;
  /** Cost to serve; minor units of the policy's base currency, never negative. */
  readonly costMinor: null | number;
}

export type SurveyKind = 'NPS' | 'CSAT' | 'REVIEW' | 'CES';

/** An answer to a survey, or a review. */
export interface SurveyRecord {
  /** Unique for this event; a redelivery carries the same one. 1-128 bytes. */
  readonly eventId: string;
  /** 1-128 bytes of UTF-8 without control characters. */
  readonly customerId: string;
  /** Event time, ms since the epoch, UTC. */
  readonly occurredAt: number;
  /** 1-128 bytes. */
  readonly surveyId: string;
  /** What was asked, and so the scale of the score. */
  readonly kind: SurveyKind;
  /** NPS an integer 0-10; CSAT and REVIEW an integer from 1 to the policy's most, 5; CES 1-7, higher is better. */
  readonly score: number;
  /** The customer's words: read for their sentiment, never stored, logged or sent on. */
  readonly comment: null | string;
  /** Where it was answered. At most 64 bytes. */
  readonly channel: string;
}

export type JournalKind = 'step' | 'claim';

export interface LastTakenRecord {
  readonly offset: number;
  readonly digest: number;
}

export interface PositionRecord {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
  readonly last: null | LastTakenRecord;
  readonly newest: null | number;
  readonly end: null | number;
}

export interface RefusedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface AcceptedRecord {
  readonly reason: string;
  readonly what: string;
}

export interface ReadUpToRecord {
  readonly shard: number;
  readonly offset: number;
}

export interface ThresholdsInForceRecord {
  readonly version: number;
  readonly high: number;
}

/** In the first part only; also kept in Redis. */
export interface HeaderRecord {
  readonly kind: JournalKind;
  readonly sequence: number;
  readonly previous: null | number;
  readonly positions: readonly (PositionRecord)[];
  readonly since: number;
  readonly watermark: number;
  readonly now: number;
  readonly caughtUpAt: null | number;
  readonly policy: string;
  readonly policyText: null | string;
  readonly shards: number;
  readonly refused: readonly (RefusedRecord)[];
  readonly stateBytes: number;
  readonly writtenBytes: number;
  readonly notKeyed: readonly (string)[];
  readonly accepted: null | AcceptedRecord;
  readonly read: readonly (ReadUpToRecord)[];
  readonly thresholds: null | ThresholdsInForceRecord;
}

export type EntryCause = 'event' | 'timer' | 'policy' | 'carried' | 'total';

export interface EntryRecord {
  readonly customer: string;
  readonly cause: EntryCause;
  /** null when erased. */
  readonly state: null | Buffer;
  readonly due: null | number;
}

/** One record of the journal after its version byte: part of what one step did (src/engine/journal.ts says what it means). Written by hand in this very encoding, for speed. */
export interface JournalPartRecord {
  /** From 0. */
  readonly part: number;
  readonly of: number;
  readonly header: null | HeaderRecord;
  readonly entries: readonly (EntryRecord)[];
}

export interface EpisodeStateRecord {
  readonly episode: number;
  readonly number: number;
  readonly open: boolean;
}

/** What the publisher of KPIs remembers from one owner of shard 0 to the next, in the journal under a reserved key. */
export interface PublisherStateRecord {
  /** Event time up to which KPIs were told; never goes back. */
  readonly until: number;
  /** The last UTC day that was looked at for alerts. */
  readonly day: null | number;
  /** By kind and subject. */
  readonly episodes: Readonly<Record<string, EpisodeStateRecord>>;
  /** Of goals whose policy gives none. */
  readonly baselines: Readonly<Record<string, number>>;
  /** The UTC day of the first of active. */
  readonly firstDay: number;
  /** Active customers at the end of each day, also of days that have left the totals; -1 where it is not known. */
  readonly active: readonly (number)[];
}

/** The last version of the thresholds relative to the population, in the journal of shard 0 under a reserved key. */
export interface ThresholdsStateRecord {
  readonly version: number;
  /** Minor units. */
  readonly high: number;
  readonly percentile: number;
  readonly customers: number;
  /** The UTC day after which it was made. */
  readonly day: number;
  readonly at: number;
}

/** UNKNOWN is only what an older reader makes of a newer kind. */
export type AlertKind = 'UNKNOWN' | 'CHURN_RISK' | 'FOLLOW_UP_DUE' | 'SUPPORT_OVERDUE' | 'SUPPORT_QUALITY' | 'PORTFOLIO' | 'GOAL';

/** UNKNOWN is only what an older reader makes of a newer event. */
export type AlertEvent = 'UNKNOWN' | 'opened' | 'escalated' | 'closed' | 'acknowledged';

/** UNKNOWN is only what an older reader makes of a newer end. */
export type AlertEnd = 'UNKNOWN' | 'recovered' | 'purchase' | 'lost' | 'contacted' | 'resolved' | 'expired';

/** backfill: the instant lies before the shard first caught up with its inputs. */
export type OutputOrigin = 'live' | 'backfill';

/** The relationship groups; UNKNOWN is only what an older reader makes of a newer group. */
export type Group = 'UNKNOWN' | 'NEW' | 'CHAMPION' | 'POTENTIAL_CHAMPION' | 'LOYALIST' | 'AT_RISK';

/** Churn risk; UNKNOWN is only what an older reader makes of a newer level. */
export type Level = 'UNKNOWN' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

/** What helps, and on which channel. */
export interface StrategyRecord {
  readonly action: string;
  readonly channel: string;
}

/** Where a record stands in a topic. */
export interface CoordinatesRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The record's own timestamp, ms; may be nonsense. */
  readonly timestamp: number;
}

/** One record of an alert: it is opened once, may escalate and be acknowledged, and is closed once. */
export interface AlertRecord {
  /** First 32 hex digits of SHA-256 over application, customer, kind, subject and episode: the same for all records of an episode, always. */
  readonly alertId: string;
  readonly kind: AlertKind;
  /** null: it is about the business, not about one customer. */
  readonly customerId: null | string;
  /** What of its kind it is about: a ticket's hash, a goal's name, a dimension; empty when there is only one. */
  readonly subject: string;
  /** Counts the episodes from 1: of the customer and kind; of the business, of kind and subject. */
  readonly episode: number;
  /** Counts the records of the episode from 1. */
  readonly number: number;
  readonly event: AlertEvent;
  /** Why it was closed; null while it is open. */
  readonly end: null | AlertEnd;
  /** When it became true, event time. */
  readonly at: number;
  /** When the processor found it, broker's clock. */
  readonly detectedAt: number;
  readonly origin: OutputOrigin;
  /** What was measured. */
  readonly value: null | number;
  /** The limit that it passed; of a goal, where its line stands. */
  readonly limit: null | number;
  /** Who has acknowledged it; null of every other event. */
  readonly by: null | string;
  /** Of the command by which it was acknowledged; null of every other event. */
  readonly commandId: null | string;
  /** Of the customer, at that instant; null for the business, as are the fields up to strategies. */
  readonly group: null | Group;
  /** Churn risk. */
  readonly level: null | Level;
  /** Early warnings that hold. */
  readonly signals: readonly (string)[];
  /** Probability of a purchase within the policy's horizon. */
  readonly buyProbability: null | number;
  /** Predicted lifetime value, what is at stake; minor units. */
  readonly predictedValue: null | number;
  /** In order, the most fitting first. */
  readonly strategies: readonly (StrategyRecord)[];
  /** The input record that led to it; null for silence and for the business. */
  readonly trigger: null | CoordinatesRecord;
  /** ISO 4217; the unit of every amount here. */
  readonly currency: string;
  /** Hash of the policy in force. */
  readonly policy: string;
}

export type DeadReason = 'unknown' | 'not_avro' | 'unknown_schema' | 'not_json' | 'invalid_record' | 'invalid_customer_id' | 'invalid_time' | 'future_event' | 'unknown_currency' | 'no_rate' | 'too_large' | 'unreadable_batch' | 'refused_by_broker';

/** An input record that could not be used, why, and what to do about it. */
export interface DeadLetterRecord {
  readonly reason: DeadReason;
  /** Names the field; holds no personal data. */
  readonly detail: string;
  /** What to do about it. */
  readonly reaction: string;
  readonly origin: CoordinatesRecord;
  /** When the processor met it, broker's clock. */
  readonly detectedAt: number;
  /** The record's key, at most its first 1024 bytes. */
  readonly key: null | Buffer;
  /** Length of the whole key; 0 for none. */
  readonly keyBytes: number;
  /** The record's value, at most its first 65536 bytes. It may hold personal data: the topic has a retention and an ACL of its own. */
  readonly value: null | Buffer;
  /** Length of the whole value; 0 for none. */
  readonly valueBytes: number;
  /** Key or value are not whole. */
  readonly truncated: boolean;
}

/** How far a shard's journal had been applied when its totals were read. */
export interface ShardOffsetRecord {
  readonly shard: number;
  readonly offset: number;
}

/** The KPIs of one dimension on one UTC day. The topic is compacted: the latest record of a key counts, and none was read from an older state than the one before it. A value is null where it cannot be told. */
export interface KpiRecord {
  /** UTC date, YYYY-MM-DD. */
  readonly day: string;
  /** all, group:CHAMPION, attribute:plan=gold, or group:CHAMPION,attribute:plan=gold. The key is day, a bar, dimension. */
  readonly dimension: string;
  /** The group that the dimension names. */
  readonly group: null | Group;
  /** The attribute that the dimension names. */
  readonly attribute: null | string;
  /** The attribute's value. */
  readonly value: null | string;
  /** Event time up to which this holds: the end of the day, or an instant within it. */
  readonly at: number;
  /** The day is over: only events that come late still change it. */
  readonly finished: boolean;
  /** When the processor added it up, broker's clock. */
  readonly detectedAt: number;
  readonly origin: OutputOrigin;
  /** ISO 4217; the unit of every amount here. */
  readonly currency: string;
  /** Days of the trailing window, of which day is the last. */
  readonly windowDays: number;
  /** That have a group, at the end of the day. */
  readonly customers: null | number;
  /** Of these, with an order in the last 365 days. */
  readonly active: null | number;
  /** Of these, LOST. */
  readonly lost: null | number;
  /** Moves of the day out of another group; in a group's record, into it. */
  readonly moves: null | number;
  /** First groups of the day. */
  readonly fromNone: null | number;
  /** Moves of the day out of NEW. */
  readonly fromNew: null | number;
  /** Moves of the day out of CHAMPION. */
  readonly fromChampion: null | number;
  /** Moves of the day out of POTENTIAL_CHAMPION. */
  readonly fromPotentialChampion: null | number;
  /** Moves of the day out of LOYALIST. */
  readonly fromLoyalist: null | number;
  /** Moves of the day out of AT_RISK. */
  readonly fromAtRisk: null | number;
  /** Net, of the orders of the day; minor units. */
  readonly revenue: null | number;
  /** Net of cancellations, of the day. */
  readonly orders: null | number;
  /** Revenue over orders of the window; minor units. */
  readonly averageOrder: null | number;
  /** Of the window: the share of satisfied responses, or the mean score, as the policy says. */
  readonly csat: null | number;
  /** Of the window. */
  readonly csatResponses: null | number;
  /** Of the window: percentage of promoters less that of detractors, -100 to 100. */
  readonly nps: null | number;
  /** Of the window. */
  readonly npsResponses: null | number;
  /** Opened within the window. */
  readonly tickets: null | number;
  /** Of these, the share that was answered late or, past the time, not at all. */
  readonly lateShare: null | number;
  /** Mean time to the first reply, of the window. */
  readonly firstReplyMs: null | number;
  /** Mean time to the resolution, of the window. */
  readonly resolutionMs: null | number;
  /** Of the window: attributed revenue less cost, over cost. */
  readonly campaignReturn: null | number;
  /** Mean historic lifetime value; minor units. */
  readonly historicValue: null | number;
  /** Mean simple lifetime value; minor units. */
  readonly simpleValue: null | number;
  /** Mean predicted lifetime value; minor units. */
  readonly predictedValue: null | number;
  /** LOST at the end, of those active a year before or since, over the mean of the active at both ends; may exceed 1. */
  readonly churn12: null | number;
  /** Active now and a year before, over those active a year before. */
  readonly retention12: null | number;
  /** Share of the attribute in the group over its share overall. */
  readonly lift: null | number;
  /** One for each shard. Each is at least that of every earlier record of the key. */
  readonly offsets: readonly (ShardOffsetRecord)[];
  /** Hash of the policy in force. */
  readonly policy: string;
}

/** Each component's contribution to loyalty in points; null without evidence. */
export interface ComponentsRecord {
  readonly frequency: null | number;
  readonly rhythm: null | number;
  readonly feedback: null | number;
  readonly engagement: null | number;
  readonly programme: null | number;
  readonly advocacy: null | number;
}

/** Value and loyalty at one instant. */
export interface ScoresRecord {
  /** By the policy's measure, minor units of the base currency. */
  readonly value: number;
  /** 0-100; null without evidence. */
  readonly loyalty: null | number;
  readonly components: ComponentsRecord;
}

/** An early warning that holds. */
export interface SignalSinceRecord {
  readonly signal: string;
  readonly since: number;
}

/** Churn risk at that instant. */
export interface ChurnRecord {
  /** null for prospects. */
  readonly level: null | Level;
  /** Probability of a purchase within the policy's horizon; null where the model has none. */
  readonly buyProbability: null | number;
  /** No purchase for so long that none is expected. */
  readonly lost: boolean;
  readonly signals: readonly (SignalSinceRecord)[];
}

/** Minor units of the base currency. */
export interface LifetimeValuesRecord {
  /** Net of refunds and costs, compounded to the instant. */
  readonly historic: number;
  /** Revenue over age, times the policy's horizon; 0 for prospects. */
  readonly simple: number;
  /** Of the next twelve months, discounted, less the expected cost; 0 for prospects. */
  readonly predicted: number;
}

/** By nature; UNKNOWN is only what an older reader makes of a newer one. */
export type Relationship = 'UNKNOWN' | 'COMMUNITY' | 'PERSONALIZED' | 'LONG_TERM' | 'TRANSACTIONAL';

/** How the customer is mostly served; UNKNOWN is only what an older reader makes of a newer one. */
export type ServiceMode = 'UNKNOWN' | 'PERSONAL_ASSISTANCE' | 'SELF_SERVICE' | 'AUTOMATED' | 'COMMUNITY';

/** The customer's whole picture. The topic is compacted: the latest counts. */
export interface ProfileRecord {
  readonly customerId: string;
  /** Counts the customer's profiles from 1. */
  readonly number: number;
  /** Event time as of which this holds. */
  readonly at: number;
  /** When the processor found it, broker's clock. */
  readonly detectedAt: number;
  readonly origin: OutputOrigin;
  readonly group: Group;
  readonly groupSince: number;
  /** ISO 4217 code of the policy's base currency: the unit of every amount here. */
  readonly currency: string;
  readonly scores: ScoresRecord;
  readonly churn: ChurnRecord;
  readonly lifetimeValues: LifetimeValuesRecord;
  readonly relationship: Relationship;
  /** The mode with most contacts in the last 365 days; null without any. */
  readonly serviceMode: null | ServiceMode;
  /** Those that the policy keeps. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly firstEventAt: number;
  readonly firstOrderAt: null | number;
  readonly lastOrderAt: null | number;
  /** Net of cancellations, all time. */
  readonly orders: number;
  /** Net of refunds and cancellations, all time; minor units. */
  readonly revenue: number;
  /** Of the trailing 365 days. */
  readonly orders365: number;
  /** Of the trailing 365 days; minor units. */
  readonly revenue365: number;
  /** The customer's own gap between purchase days; null for prospects. */
  readonly gapDays: null | number;
  readonly openTickets: number;
  /** Mean of the satisfaction scores of the last 365 days, scaled to 0-1; null without any. */
  readonly csat: null | number;
  /** Mean of the answers to NPS surveys of the last 365 days, scaled to 0-1; null without any. */
  readonly nps: null | number;
  /** When silence alone could next change something; null for never. */
  readonly nextChangeAt: null | number;
  /** Bounded lists that have dropped something. */
  readonly truncated: readonly (string)[];
  /** Hash of the policy in force. */
  readonly policy: string;
}

/** silence: time alone; late_event: an event from before the customer's latest; thresholds: a newer version of the thresholds, without which the group would be as it was. */
export type Cause = 'unknown' | 'event' | 'silence' | 'late_event' | 'thresholds';

/** What moved the customer since the change before. Loyalty drivers are in points and add up to the change of the score; value is in minor units. */
export interface DriverRecord {
  /** A component of loyalty, value, or feedback expired. */
  readonly name: string;
  readonly before: null | number;
  readonly after: null | number;
  readonly difference: number;
}

/** A customer has moved to another relationship group. A customer's changes are in order and chain: from is the to before it. */
export interface SegmentChangeRecord {
  /** First 32 hex digits of SHA-256 over application, customer and number: the same change has the same id, always. */
  readonly changeId: string;
  readonly customerId: string;
  /** 1 for the customer's first change, then 2, and so on. */
  readonly number: number;
  /** null for the first. */
  readonly from: null | Group;
  readonly to: Group;
  /** When it became true, event time; exact, and never before the change before it. */
  readonly at: number;
  /** When the processor found it, broker's clock. */
  readonly detectedAt: number;
  readonly origin: OutputOrigin;
  readonly cause: Cause;
  /** The record that led to it; null for silence. */
  readonly trigger: null | CoordinatesRecord;
  /** ISO 4217 code of the policy's base currency: the unit of every amount here. */
  readonly currency: string;
  /** At the change before; null for the first. */
  readonly before: null | ScoresRecord;
  readonly after: ScoresRecord;
  readonly drivers: readonly (DriverRecord)[];
  /** Churn risk; null for prospects. */
  readonly level: null | Level;
  /** Early warnings that hold. */
  readonly signals: readonly (string)[];
  /** Probability of a purchase within the policy's horizon; null where the model has none. */
  readonly buyProbability: null | number;
  /** Predicted lifetime value, minor units; null for prospects. */
  readonly predictedValue: null | number;
  /** What helps, those first that answer what drove the change; each with a channel that suits how the customer is served. */
  readonly strategies: readonly (StrategyRecord)[];
  /** Hash of the policy in force. */
  readonly policy: string;
}

/** A version of the thresholds relative to the population. The topic is compacted: the latest record is the version in force, which each customer takes up at the next evaluation. */
export interface ThresholdsRecord {
  /** From 1. */
  readonly version: number;
  /** The value is high from here; minor units of currency. */
  readonly valueHigh: number;
  /** Of active customers, as the policy gives it: the threshold is within 1 % of it. */
  readonly percentile: number;
  /** Active customers that it was made of. */
  readonly customers: number;
  /** The UTC date, YYYY-MM-DD, after which it was made; at most one version a day. */
  readonly day: string;
  /** The end of that day. */
  readonly at: number;
  /** When the processor made it, broker's clock. */
  readonly detectedAt: number;
  /** ISO 4217 code of the base currency. */
  readonly currency: string;
  /** Hash of the policy in force. */
  readonly policy: string;
}

/** The text of every schema, by its path under schemas/. */
export const SCHEMA_TEXTS = {
  'in/attributes': "{\"type\":\"record\",\"name\":\"Attributes\",\"namespace\":\"rapport\",\"doc\":\"What a customer is, rather than does: demographic and psychographic attributes. The topic is compacted: give all that are known each time.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"attributes\",\"type\":{\"type\":\"map\",\"values\":[\"null\",\"string\"]},\"doc\":\"Values by name; null or an empty text removes one, one that is not named stays. The policy names those that are kept, 64 bytes of each.\"}]}",
  'in/command': "{\"type\":\"record\",\"name\":\"Command\",\"namespace\":\"rapport\",\"doc\":\"What somebody of the business wants done about a customer. Written by `rapport serve`; later commands are further kinds, with fields of their own.\",\"fields\":[{\"name\":\"commandId\",\"type\":\"string\",\"doc\":\"Unique for this command; a repeated one carries the same. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When it was given, ms since the epoch, UTC.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"CommandKind\",\"symbols\":[\"ACKNOWLEDGE\"]},\"doc\":\"ACKNOWLEDGE: whoever gives it takes an open alert on.\"},{\"name\":\"alert\",\"type\":\"string\",\"doc\":\"kind of the alert, as its records have it: CHURN_RISK, FOLLOW_UP_DUE, SUPPORT_OVERDUE.\"},{\"name\":\"subject\",\"type\":\"string\",\"default\":\"\",\"doc\":\"As the alert's records have it.\"},{\"name\":\"episode\",\"type\":\"long\",\"doc\":\"As the alert's records have it.\"},{\"name\":\"number\",\"type\":\"long\",\"doc\":\"Of the episode's latest record that was seen: one that has gone on since is not acknowledged.\"},{\"name\":\"by\",\"type\":\"string\",\"doc\":\"Who. 1-64 bytes of UTF-8 without control characters.\"}]}",
  'in/engagement': "{\"type\":\"record\",\"name\":\"Engagement\",\"namespace\":\"rapport\",\"doc\":\"A contact that is neither purchase, support nor survey: campaigns, the loyalty programme, visits, advocacy.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"EngagementKind\",\"symbols\":[\"CAMPAIGN_SENT\",\"CAMPAIGN_OPENED\",\"CAMPAIGN_CLICKED\",\"UNSUBSCRIBED\",\"RESUBSCRIBED\",\"LOYALTY_JOINED\",\"LOYALTY_EARNED\",\"LOYALTY_REDEEMED\",\"LOYALTY_LEFT\",\"REFERRAL\",\"REVIEW_POSTED\",\"COMMUNITY_POST\",\"VISIT\",\"SIGNED_UP\"]},\"doc\":\"What happened.\"},{\"name\":\"campaignId\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"Which campaign; without it a CAMPAIGN_ kind counts as a contact only. 1-128 bytes.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"E.g. EMAIL, WEB, STORE. At most 64 bytes.\"},{\"name\":\"costMinor\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Cost of the contact; minor units of the policy's base currency, never negative.\"}]}",
  'in/purchase': "{\"type\":\"record\",\"name\":\"Purchase\",\"namespace\":\"rapport\",\"doc\":\"An order, or what takes one back: a refund lowers revenue, a cancellation the order count too.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"orderId\",\"type\":\"string\",\"doc\":\"The order; a refund or cancellation names the order that it takes back. 1-128 bytes.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"PurchaseKind\",\"symbols\":[\"PURCHASE\",\"REFUND\",\"CANCELLATION\"]},\"default\":\"PURCHASE\",\"doc\":\"Which way the amount goes.\"},{\"name\":\"amountMinor\",\"type\":\"long\",\"doc\":\"After discounts, before tax and shipping; minor units of the currency, never negative.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code.\"},{\"name\":\"discountMinor\",\"type\":\"long\",\"default\":0,\"doc\":\"What was taken off; minor units of the currency, never negative.\"},{\"name\":\"costMinor\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Cost to serve; minor units of the currency, never negative.\"},{\"name\":\"items\",\"type\":\"int\",\"default\":1,\"doc\":\"Number of items, not negative.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"Where it was bought, e.g. WEB or STORE. At most 64 bytes.\"},{\"name\":\"recurring\",\"type\":\"boolean\",\"default\":false,\"doc\":\"Part of a subscription or standing order.\"},{\"name\":\"recommended\",\"type\":\"boolean\",\"default\":false,\"doc\":\"Followed a recommendation.\"},{\"name\":\"campaignId\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The campaign that it answers. 1-128 bytes.\"},{\"name\":\"orderedAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null,\"doc\":\"Of a refund or cancellation: when the order was placed, ms since the epoch, UTC.\"}]}",
  'in/support': "{\"type\":\"record\",\"name\":\"Support\",\"namespace\":\"rapport\",\"doc\":\"A step in the life of a support ticket.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"ticketId\",\"type\":\"string\",\"doc\":\"1-128 bytes.\"},{\"name\":\"status\",\"type\":{\"type\":\"enum\",\"name\":\"TicketStatus\",\"symbols\":[\"OPENED\",\"REPLIED\",\"RESOLVED\",\"REOPENED\",\"CLOSED\"]},\"doc\":\"What happened to the ticket.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"E.g. PHONE, EMAIL, CHAT. At most 64 bytes.\"},{\"name\":\"priority\",\"type\":\"string\",\"default\":\"NORMAL\",\"doc\":\"The help desk's own word for it. At most 64 bytes.\"},{\"name\":\"satisfaction\",\"type\":[\"null\",\"int\"],\"default\":null,\"doc\":\"1-5, 5 is best.\"},{\"name\":\"comment\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The customer's words: read for their sentiment, never stored, logged or sent on.\"},{\"name\":\"costMinor\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Cost to serve; minor units of the policy's base currency, never negative.\"}]}",
  'in/survey': "{\"type\":\"record\",\"name\":\"Survey\",\"namespace\":\"rapport\",\"doc\":\"An answer to a survey, or a review.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"surveyId\",\"type\":\"string\",\"doc\":\"1-128 bytes.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"SurveyKind\",\"symbols\":[\"NPS\",\"CSAT\",\"REVIEW\",\"CES\"]},\"doc\":\"What was asked, and so the scale of the score.\"},{\"name\":\"score\",\"type\":\"double\",\"doc\":\"NPS an integer 0-10; CSAT and REVIEW an integer from 1 to the policy's most, 5; CES 1-7, higher is better.\"},{\"name\":\"comment\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The customer's words: read for their sentiment, never stored, logged or sent on.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"Where it was answered. At most 64 bytes.\"}]}",
  'internal/journal': "{\"type\":\"record\",\"name\":\"JournalPart\",\"namespace\":\"rapport.internal\",\"doc\":\"One record of the journal after its version byte: part of what one step did (src/engine/journal.ts says what it means). Written by hand in this very encoding, for speed.\",\"fields\":[{\"name\":\"part\",\"type\":\"int\",\"doc\":\"From 0.\"},{\"name\":\"of\",\"type\":\"int\"},{\"name\":\"header\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Header\",\"doc\":\"In the first part only; also kept in Redis.\",\"fields\":[{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"JournalKind\",\"symbols\":[\"step\",\"claim\"]}},{\"name\":\"sequence\",\"type\":\"long\"},{\"name\":\"previous\",\"type\":[\"null\",\"long\"],\"default\":null},{\"name\":\"positions\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Position\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"next\",\"type\":\"long\"},{\"name\":\"last\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"LastTaken\",\"fields\":[{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"digest\",\"type\":\"long\"}]}],\"default\":null},{\"name\":\"newest\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"end\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null}]}}},{\"name\":\"since\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"watermark\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"now\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"caughtUpAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"policy\",\"type\":\"string\"},{\"name\":\"policyText\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"shards\",\"type\":\"int\"},{\"name\":\"refused\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Refused\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"}]}}},{\"name\":\"stateBytes\",\"type\":\"long\"},{\"name\":\"writtenBytes\",\"type\":\"long\"},{\"name\":\"notKeyed\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},{\"name\":\"accepted\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Accepted\",\"fields\":[{\"name\":\"reason\",\"type\":\"string\"},{\"name\":\"what\",\"type\":\"string\"}]}],\"default\":null},{\"name\":\"read\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"ReadUpTo\",\"fields\":[{\"name\":\"shard\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"}]}},\"default\":[]},{\"name\":\"thresholds\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"ThresholdsInForce\",\"fields\":[{\"name\":\"version\",\"type\":\"long\"},{\"name\":\"high\",\"type\":\"long\"}]}],\"default\":null}]}],\"default\":null},{\"name\":\"entries\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Entry\",\"fields\":[{\"name\":\"customer\",\"type\":\"string\"},{\"name\":\"cause\",\"type\":{\"type\":\"enum\",\"name\":\"EntryCause\",\"symbols\":[\"event\",\"timer\",\"policy\",\"carried\",\"total\"]}},{\"name\":\"state\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"doc\":\"null when erased.\"},{\"name\":\"due\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null}]}}}]}",
  'internal/publisher': "{\"type\":\"record\",\"name\":\"PublisherState\",\"namespace\":\"rapport.internal\",\"doc\":\"What the publisher of KPIs remembers from one owner of shard 0 to the next, in the journal under a reserved key.\",\"fields\":[{\"name\":\"until\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time up to which KPIs were told; never goes back.\"},{\"name\":\"day\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"The last UTC day that was looked at for alerts.\"},{\"name\":\"episodes\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"record\",\"name\":\"EpisodeState\",\"fields\":[{\"name\":\"episode\",\"type\":\"long\"},{\"name\":\"number\",\"type\":\"long\"},{\"name\":\"open\",\"type\":\"boolean\"}]}},\"default\":{},\"doc\":\"By kind and subject.\"},{\"name\":\"baselines\",\"type\":{\"type\":\"map\",\"values\":\"double\"},\"default\":{},\"doc\":\"Of goals whose policy gives none.\"},{\"name\":\"firstDay\",\"type\":\"long\",\"default\":0,\"doc\":\"The UTC day of the first of active.\"},{\"name\":\"active\",\"type\":{\"type\":\"array\",\"items\":\"long\"},\"default\":[],\"doc\":\"Active customers at the end of each day, also of days that have left the totals; -1 where it is not known.\"}]}",
  'internal/thresholds': "{\"type\":\"record\",\"name\":\"ThresholdsState\",\"namespace\":\"rapport.internal\",\"doc\":\"The last version of the thresholds relative to the population, in the journal of shard 0 under a reserved key.\",\"fields\":[{\"name\":\"version\",\"type\":\"long\"},{\"name\":\"high\",\"type\":\"long\",\"doc\":\"Minor units.\"},{\"name\":\"percentile\",\"type\":\"double\"},{\"name\":\"customers\",\"type\":\"long\"},{\"name\":\"day\",\"type\":\"long\",\"doc\":\"The UTC day after which it was made.\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}}]}",
  'out/alert': "{\"type\":\"record\",\"name\":\"Alert\",\"namespace\":\"rapport\",\"doc\":\"One record of an alert: it is opened once, may escalate and be acknowledged, and is closed once.\",\"fields\":[{\"name\":\"alertId\",\"type\":\"string\",\"doc\":\"First 32 hex digits of SHA-256 over application, customer, kind, subject and episode: the same for all records of an episode, always.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"AlertKind\",\"doc\":\"UNKNOWN is only what an older reader makes of a newer kind.\",\"symbols\":[\"UNKNOWN\",\"CHURN_RISK\",\"FOLLOW_UP_DUE\",\"SUPPORT_OVERDUE\",\"SUPPORT_QUALITY\",\"PORTFOLIO\",\"GOAL\"],\"default\":\"UNKNOWN\"}},{\"name\":\"customerId\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"null: it is about the business, not about one customer.\"},{\"name\":\"subject\",\"type\":\"string\",\"doc\":\"What of its kind it is about: a ticket's hash, a goal's name, a dimension; empty when there is only one.\"},{\"name\":\"episode\",\"type\":\"long\",\"doc\":\"Counts the episodes from 1: of the customer and kind; of the business, of kind and subject.\"},{\"name\":\"number\",\"type\":\"long\",\"doc\":\"Counts the records of the episode from 1.\"},{\"name\":\"event\",\"type\":{\"type\":\"enum\",\"name\":\"AlertEvent\",\"doc\":\"UNKNOWN is only what an older reader makes of a newer event.\",\"symbols\":[\"UNKNOWN\",\"opened\",\"escalated\",\"closed\",\"acknowledged\"],\"default\":\"UNKNOWN\"}},{\"name\":\"end\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"AlertEnd\",\"doc\":\"UNKNOWN is only what an older reader makes of a newer end.\",\"symbols\":[\"UNKNOWN\",\"recovered\",\"purchase\",\"lost\",\"contacted\",\"resolved\",\"expired\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"Why it was closed; null while it is open.\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When it became true, event time.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor found it, broker's clock.\"},{\"name\":\"origin\",\"type\":{\"type\":\"enum\",\"name\":\"OutputOrigin\",\"doc\":\"backfill: the instant lies before the shard first caught up with its inputs.\",\"symbols\":[\"live\",\"backfill\"],\"default\":\"live\"}},{\"name\":\"value\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"What was measured.\"},{\"name\":\"limit\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"The limit that it passed; of a goal, where its line stands.\"},{\"name\":\"by\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"Who has acknowledged it; null of every other event.\"},{\"name\":\"commandId\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"Of the command by which it was acknowledged; null of every other event.\"},{\"name\":\"group\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Group\",\"doc\":\"The relationship groups; UNKNOWN is only what an older reader makes of a newer group.\",\"symbols\":[\"UNKNOWN\",\"NEW\",\"CHAMPION\",\"POTENTIAL_CHAMPION\",\"LOYALIST\",\"AT_RISK\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"Of the customer, at that instant; null for the business, as are the fields up to strategies.\"},{\"name\":\"level\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Level\",\"doc\":\"Churn risk; UNKNOWN is only what an older reader makes of a newer level.\",\"symbols\":[\"UNKNOWN\",\"LOW\",\"MEDIUM\",\"HIGH\",\"CRITICAL\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"Churn risk.\"},{\"name\":\"signals\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"default\":[],\"doc\":\"Early warnings that hold.\"},{\"name\":\"buyProbability\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Probability of a purchase within the policy's horizon.\"},{\"name\":\"predictedValue\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Predicted lifetime value, what is at stake; minor units.\"},{\"name\":\"strategies\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Strategy\",\"doc\":\"What helps, and on which channel.\",\"fields\":[{\"name\":\"action\",\"type\":\"string\"},{\"name\":\"channel\",\"type\":\"string\"}]}},\"default\":[],\"doc\":\"In order, the most fitting first.\"},{\"name\":\"trigger\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Coordinates\",\"doc\":\"Where a record stands in a topic.\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"timestamp\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"The record's own timestamp, ms; may be nonsense.\"}]}],\"default\":null,\"doc\":\"The input record that led to it; null for silence and for the business.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217; the unit of every amount here.\"},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
  'out/dead-letter': "{\"type\":\"record\",\"name\":\"DeadLetter\",\"namespace\":\"rapport\",\"doc\":\"An input record that could not be used, why, and what to do about it.\",\"fields\":[{\"name\":\"reason\",\"type\":{\"type\":\"enum\",\"name\":\"DeadReason\",\"symbols\":[\"unknown\",\"not_avro\",\"unknown_schema\",\"not_json\",\"invalid_record\",\"invalid_customer_id\",\"invalid_time\",\"future_event\",\"unknown_currency\",\"no_rate\",\"too_large\",\"unreadable_batch\",\"refused_by_broker\"],\"default\":\"unknown\"}},{\"name\":\"detail\",\"type\":\"string\",\"doc\":\"Names the field; holds no personal data.\"},{\"name\":\"reaction\",\"type\":\"string\",\"doc\":\"What to do about it.\"},{\"name\":\"origin\",\"type\":{\"type\":\"record\",\"name\":\"Coordinates\",\"doc\":\"Where a record stands in a topic.\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"timestamp\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"The record's own timestamp, ms; may be nonsense.\"}]}},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor met it, broker's clock.\"},{\"name\":\"key\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"doc\":\"The record's key, at most its first 1024 bytes.\"},{\"name\":\"keyBytes\",\"type\":\"int\",\"doc\":\"Length of the whole key; 0 for none.\"},{\"name\":\"value\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"doc\":\"The record's value, at most its first 65536 bytes. It may hold personal data: the topic has a retention and an ACL of its own.\"},{\"name\":\"valueBytes\",\"type\":\"int\",\"doc\":\"Length of the whole value; 0 for none.\"},{\"name\":\"truncated\",\"type\":\"boolean\",\"default\":false,\"doc\":\"Key or value are not whole.\"}]}",
  'out/kpi': "{\"type\":\"record\",\"name\":\"Kpi\",\"namespace\":\"rapport\",\"doc\":\"The KPIs of one dimension on one UTC day. The topic is compacted: the latest record of a key counts, and none was read from an older state than the one before it. A value is null where it cannot be told.\",\"fields\":[{\"name\":\"day\",\"type\":\"string\",\"doc\":\"UTC date, YYYY-MM-DD.\"},{\"name\":\"dimension\",\"type\":\"string\",\"doc\":\"all, group:CHAMPION, attribute:plan=gold, or group:CHAMPION,attribute:plan=gold. The key is day, a bar, dimension.\"},{\"name\":\"group\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Group\",\"doc\":\"The relationship groups; UNKNOWN is only what an older reader makes of a newer group.\",\"symbols\":[\"UNKNOWN\",\"NEW\",\"CHAMPION\",\"POTENTIAL_CHAMPION\",\"LOYALIST\",\"AT_RISK\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"The group that the dimension names.\"},{\"name\":\"attribute\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The attribute that the dimension names.\"},{\"name\":\"value\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The attribute's value.\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time up to which this holds: the end of the day, or an instant within it.\"},{\"name\":\"finished\",\"type\":\"boolean\",\"doc\":\"The day is over: only events that come late still change it.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor added it up, broker's clock.\"},{\"name\":\"origin\",\"type\":{\"type\":\"enum\",\"name\":\"OutputOrigin\",\"doc\":\"backfill: the instant lies before the shard first caught up with its inputs.\",\"symbols\":[\"live\",\"backfill\"],\"default\":\"live\"}},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217; the unit of every amount here.\"},{\"name\":\"windowDays\",\"type\":\"int\",\"doc\":\"Days of the trailing window, of which day is the last.\"},{\"name\":\"customers\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"That have a group, at the end of the day.\"},{\"name\":\"active\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Of these, with an order in the last 365 days.\"},{\"name\":\"lost\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Of these, LOST.\"},{\"name\":\"moves\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Moves of the day out of another group; in a group's record, into it.\"},{\"name\":\"fromNone\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"First groups of the day.\"},{\"name\":\"fromNew\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Moves of the day out of NEW.\"},{\"name\":\"fromChampion\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Moves of the day out of CHAMPION.\"},{\"name\":\"fromPotentialChampion\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Moves of the day out of POTENTIAL_CHAMPION.\"},{\"name\":\"fromLoyalist\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Moves of the day out of LOYALIST.\"},{\"name\":\"fromAtRisk\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Moves of the day out of AT_RISK.\"},{\"name\":\"revenue\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Net, of the orders of the day; minor units.\"},{\"name\":\"orders\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Net of cancellations, of the day.\"},{\"name\":\"averageOrder\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Revenue over orders of the window; minor units.\"},{\"name\":\"csat\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Of the window: the share of satisfied responses, or the mean score, as the policy says.\"},{\"name\":\"csatResponses\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Of the window.\"},{\"name\":\"nps\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Of the window: percentage of promoters less that of detractors, -100 to 100.\"},{\"name\":\"npsResponses\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Of the window.\"},{\"name\":\"tickets\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Opened within the window.\"},{\"name\":\"lateShare\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Of these, the share that was answered late or, past the time, not at all.\"},{\"name\":\"firstReplyMs\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean time to the first reply, of the window.\"},{\"name\":\"resolutionMs\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean time to the resolution, of the window.\"},{\"name\":\"campaignReturn\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Of the window: attributed revenue less cost, over cost.\"},{\"name\":\"historicValue\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean historic lifetime value; minor units.\"},{\"name\":\"simpleValue\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean simple lifetime value; minor units.\"},{\"name\":\"predictedValue\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean predicted lifetime value; minor units.\"},{\"name\":\"churn12\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"LOST at the end, of those active a year before or since, over the mean of the active at both ends; may exceed 1.\"},{\"name\":\"retention12\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Active now and a year before, over those active a year before.\"},{\"name\":\"lift\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Share of the attribute in the group over its share overall.\"},{\"name\":\"offsets\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"ShardOffset\",\"doc\":\"How far a shard's journal had been applied when its totals were read.\",\"fields\":[{\"name\":\"shard\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"}]}},\"default\":[],\"doc\":\"One for each shard. Each is at least that of every earlier record of the key.\"},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
  'out/profile': "{\"type\":\"record\",\"name\":\"Profile\",\"namespace\":\"rapport\",\"doc\":\"The customer's whole picture. The topic is compacted: the latest counts.\",\"fields\":[{\"name\":\"customerId\",\"type\":\"string\"},{\"name\":\"number\",\"type\":\"long\",\"doc\":\"Counts the customer's profiles from 1.\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time as of which this holds.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor found it, broker's clock.\"},{\"name\":\"origin\",\"type\":{\"type\":\"enum\",\"name\":\"OutputOrigin\",\"doc\":\"backfill: the instant lies before the shard first caught up with its inputs.\",\"symbols\":[\"live\",\"backfill\"],\"default\":\"live\"}},{\"name\":\"group\",\"type\":{\"type\":\"enum\",\"name\":\"Group\",\"doc\":\"The relationship groups; UNKNOWN is only what an older reader makes of a newer group.\",\"symbols\":[\"UNKNOWN\",\"NEW\",\"CHAMPION\",\"POTENTIAL_CHAMPION\",\"LOYALIST\",\"AT_RISK\"],\"default\":\"UNKNOWN\"}},{\"name\":\"groupSince\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code of the policy's base currency: the unit of every amount here.\"},{\"name\":\"scores\",\"type\":{\"type\":\"record\",\"name\":\"Scores\",\"doc\":\"Value and loyalty at one instant.\",\"fields\":[{\"name\":\"value\",\"type\":\"long\",\"doc\":\"By the policy's measure, minor units of the base currency.\"},{\"name\":\"loyalty\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"0-100; null without evidence.\"},{\"name\":\"components\",\"type\":{\"type\":\"record\",\"name\":\"Components\",\"doc\":\"Each component's contribution to loyalty in points; null without evidence.\",\"fields\":[{\"name\":\"frequency\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"rhythm\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"feedback\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"engagement\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"programme\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"advocacy\",\"type\":[\"null\",\"double\"],\"default\":null}]}}]}},{\"name\":\"churn\",\"type\":{\"type\":\"record\",\"name\":\"Churn\",\"doc\":\"Churn risk at that instant.\",\"fields\":[{\"name\":\"level\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Level\",\"doc\":\"Churn risk; UNKNOWN is only what an older reader makes of a newer level.\",\"symbols\":[\"UNKNOWN\",\"LOW\",\"MEDIUM\",\"HIGH\",\"CRITICAL\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"null for prospects.\"},{\"name\":\"buyProbability\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Probability of a purchase within the policy's horizon; null where the model has none.\"},{\"name\":\"lost\",\"type\":\"boolean\",\"doc\":\"No purchase for so long that none is expected.\"},{\"name\":\"signals\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"SignalSince\",\"doc\":\"An early warning that holds.\",\"fields\":[{\"name\":\"signal\",\"type\":\"string\"},{\"name\":\"since\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}}]}},\"default\":[]}]}},{\"name\":\"lifetimeValues\",\"type\":{\"type\":\"record\",\"name\":\"LifetimeValues\",\"doc\":\"Minor units of the base currency.\",\"fields\":[{\"name\":\"historic\",\"type\":\"long\",\"doc\":\"Net of refunds and costs, compounded to the instant.\"},{\"name\":\"simple\",\"type\":\"long\",\"doc\":\"Revenue over age, times the policy's horizon; 0 for prospects.\"},{\"name\":\"predicted\",\"type\":\"long\",\"doc\":\"Of the next twelve months, discounted, less the expected cost; 0 for prospects.\"}]}},{\"name\":\"relationship\",\"type\":{\"type\":\"enum\",\"name\":\"Relationship\",\"doc\":\"By nature; UNKNOWN is only what an older reader makes of a newer one.\",\"symbols\":[\"UNKNOWN\",\"COMMUNITY\",\"PERSONALIZED\",\"LONG_TERM\",\"TRANSACTIONAL\"],\"default\":\"UNKNOWN\"}},{\"name\":\"serviceMode\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"ServiceMode\",\"doc\":\"How the customer is mostly served; UNKNOWN is only what an older reader makes of a newer one.\",\"symbols\":[\"UNKNOWN\",\"PERSONAL_ASSISTANCE\",\"SELF_SERVICE\",\"AUTOMATED\",\"COMMUNITY\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"The mode with most contacts in the last 365 days; null without any.\"},{\"name\":\"attributes\",\"type\":{\"type\":\"map\",\"values\":\"string\"},\"default\":{},\"doc\":\"Those that the policy keeps.\"},{\"name\":\"firstEventAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"firstOrderAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"lastOrderAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"orders\",\"type\":\"long\",\"doc\":\"Net of cancellations, all time.\"},{\"name\":\"revenue\",\"type\":\"long\",\"doc\":\"Net of refunds and cancellations, all time; minor units.\"},{\"name\":\"orders365\",\"type\":\"long\",\"doc\":\"Of the trailing 365 days.\"},{\"name\":\"revenue365\",\"type\":\"long\",\"doc\":\"Of the trailing 365 days; minor units.\"},{\"name\":\"gapDays\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"The customer's own gap between purchase days; null for prospects.\"},{\"name\":\"openTickets\",\"type\":\"int\"},{\"name\":\"csat\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean of the satisfaction scores of the last 365 days, scaled to 0-1; null without any.\"},{\"name\":\"nps\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Mean of the answers to NPS surveys of the last 365 days, scaled to 0-1; null without any.\"},{\"name\":\"nextChangeAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null,\"doc\":\"When silence alone could next change something; null for never.\"},{\"name\":\"truncated\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"default\":[],\"doc\":\"Bounded lists that have dropped something.\"},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
  'out/segment-change': "{\"type\":\"record\",\"name\":\"SegmentChange\",\"namespace\":\"rapport\",\"doc\":\"A customer has moved to another relationship group. A customer's changes are in order and chain: from is the to before it.\",\"fields\":[{\"name\":\"changeId\",\"type\":\"string\",\"doc\":\"First 32 hex digits of SHA-256 over application, customer and number: the same change has the same id, always.\"},{\"name\":\"customerId\",\"type\":\"string\"},{\"name\":\"number\",\"type\":\"long\",\"doc\":\"1 for the customer's first change, then 2, and so on.\"},{\"name\":\"from\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Group\",\"doc\":\"The relationship groups; UNKNOWN is only what an older reader makes of a newer group.\",\"symbols\":[\"UNKNOWN\",\"NEW\",\"CHAMPION\",\"POTENTIAL_CHAMPION\",\"LOYALIST\",\"AT_RISK\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"null for the first.\"},{\"name\":\"to\",\"type\":\"Group\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When it became true, event time; exact, and never before the change before it.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor found it, broker's clock.\"},{\"name\":\"origin\",\"type\":{\"type\":\"enum\",\"name\":\"OutputOrigin\",\"doc\":\"backfill: the instant lies before the shard first caught up with its inputs.\",\"symbols\":[\"live\",\"backfill\"],\"default\":\"live\"}},{\"name\":\"cause\",\"type\":{\"type\":\"enum\",\"name\":\"Cause\",\"doc\":\"silence: time alone; late_event: an event from before the customer's latest; thresholds: a newer version of the thresholds, without which the group would be as it was.\",\"symbols\":[\"unknown\",\"event\",\"silence\",\"late_event\",\"thresholds\"],\"default\":\"unknown\"}},{\"name\":\"trigger\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Coordinates\",\"doc\":\"Where a record stands in a topic.\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"timestamp\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"The record's own timestamp, ms; may be nonsense.\"}]}],\"default\":null,\"doc\":\"The record that led to it; null for silence.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code of the policy's base currency: the unit of every amount here.\"},{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Scores\",\"doc\":\"Value and loyalty at one instant.\",\"fields\":[{\"name\":\"value\",\"type\":\"long\",\"doc\":\"By the policy's measure, minor units of the base currency.\"},{\"name\":\"loyalty\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"0-100; null without evidence.\"},{\"name\":\"components\",\"type\":{\"type\":\"record\",\"name\":\"Components\",\"doc\":\"Each component's contribution to loyalty in points; null without evidence.\",\"fields\":[{\"name\":\"frequency\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"rhythm\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"feedback\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"engagement\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"programme\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"advocacy\",\"type\":[\"null\",\"double\"],\"default\":null}]}}]}],\"default\":null,\"doc\":\"At the change before; null for the first.\"},{\"name\":\"after\",\"type\":\"Scores\"},{\"name\":\"drivers\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Driver\",\"doc\":\"What moved the customer since the change before. Loyalty drivers are in points and add up to the change of the score; value is in minor units.\",\"fields\":[{\"name\":\"name\",\"type\":\"string\",\"doc\":\"A component of loyalty, value, or feedback expired.\"},{\"name\":\"before\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"after\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"difference\",\"type\":\"double\"}]}},\"default\":[]},{\"name\":\"level\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Level\",\"doc\":\"Churn risk; UNKNOWN is only what an older reader makes of a newer level.\",\"symbols\":[\"UNKNOWN\",\"LOW\",\"MEDIUM\",\"HIGH\",\"CRITICAL\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"Churn risk; null for prospects.\"},{\"name\":\"signals\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"default\":[],\"doc\":\"Early warnings that hold.\"},{\"name\":\"buyProbability\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"Probability of a purchase within the policy's horizon; null where the model has none.\"},{\"name\":\"predictedValue\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Predicted lifetime value, minor units; null for prospects.\"},{\"name\":\"strategies\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Strategy\",\"doc\":\"What helps, and on which channel.\",\"fields\":[{\"name\":\"action\",\"type\":\"string\"},{\"name\":\"channel\",\"type\":\"string\"}]}},\"default\":[],\"doc\":\"What helps, those first that answer what drove the change; each with a channel that suits how the customer is served.\"},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
  'out/thresholds': "{\"type\":\"record\",\"name\":\"Thresholds\",\"namespace\":\"rapport\",\"doc\":\"A version of the thresholds relative to the population. The topic is compacted: the latest record is the version in force, which each customer takes up at the next evaluation.\",\"fields\":[{\"name\":\"version\",\"type\":\"long\",\"doc\":\"From 1.\"},{\"name\":\"valueHigh\",\"type\":\"long\",\"doc\":\"The value is high from here; minor units of currency.\"},{\"name\":\"percentile\",\"type\":\"double\",\"doc\":\"Of active customers, as the policy gives it: the threshold is within 1 % of it.\"},{\"name\":\"customers\",\"type\":\"long\",\"doc\":\"Active customers that it was made of.\"},{\"name\":\"day\",\"type\":\"string\",\"doc\":\"The UTC date, YYYY-MM-DD, after which it was made; at most one version a day.\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"The end of that day.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor made it, broker's clock.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code of the base currency.\"},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
} as const;

export type SchemaName = keyof typeof SCHEMA_TEXTS;
