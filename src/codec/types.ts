// Generated from schemas/ by `node src/codec/generate.ts`. Change the schemas, not this file.

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
  /** The customer's words: never stored, logged or sent on. */
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
  /** The customer's words: never stored, logged or sent on. */
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
}

export type EntryCause = 'event' | 'timer' | 'policy' | 'carried';

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

export type DeadReason = 'unknown' | 'not_avro' | 'unknown_schema' | 'not_json' | 'invalid_record' | 'invalid_customer_id' | 'invalid_time' | 'future_event' | 'unknown_currency' | 'no_rate' | 'too_large' | 'unreadable_batch' | 'refused_by_broker';

/** Where a record stands in a topic. */
export interface CoordinatesRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The record's own timestamp, ms; may be nonsense. */
  readonly timestamp: number;
}

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

/** backfill: the instant lies before the shard first caught up with its inputs. */
export type OutputOrigin = 'live' | 'backfill';

/** The relationship groups; UNKNOWN is only what an older reader makes of a newer group. */
export type Group = 'UNKNOWN' | 'NEW' | 'CHAMPION' | 'POTENTIAL_CHAMPION' | 'LOYALIST' | 'AT_RISK';

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
  /** When silence alone could next change something; null for never. */
  readonly nextChangeAt: null | number;
  /** Bounded lists that have dropped something. */
  readonly truncated: readonly (string)[];
  /** Hash of the policy in force. */
  readonly policy: string;
}

/** silence: time alone; late_event: an event from before the customer's latest. */
export type Cause = 'unknown' | 'event' | 'silence' | 'late_event';

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
  /** Hash of the policy in force. */
  readonly policy: string;
}

/** The text of every schema, by its path under schemas/. */
export const SCHEMA_TEXTS = {
  'in/engagement': "{\"type\":\"record\",\"name\":\"Engagement\",\"namespace\":\"rapport\",\"doc\":\"A contact that is neither purchase, support nor survey: campaigns, the loyalty programme, visits, advocacy.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"EngagementKind\",\"symbols\":[\"CAMPAIGN_SENT\",\"CAMPAIGN_OPENED\",\"CAMPAIGN_CLICKED\",\"UNSUBSCRIBED\",\"RESUBSCRIBED\",\"LOYALTY_JOINED\",\"LOYALTY_EARNED\",\"LOYALTY_REDEEMED\",\"LOYALTY_LEFT\",\"REFERRAL\",\"REVIEW_POSTED\",\"COMMUNITY_POST\",\"VISIT\",\"SIGNED_UP\"]},\"doc\":\"What happened.\"},{\"name\":\"campaignId\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"Which campaign; without it a CAMPAIGN_ kind counts as a contact only. 1-128 bytes.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"E.g. EMAIL, WEB, STORE. At most 64 bytes.\"},{\"name\":\"costMinor\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Cost of the contact; minor units of the policy's base currency, never negative.\"}]}",
  'in/purchase': "{\"type\":\"record\",\"name\":\"Purchase\",\"namespace\":\"rapport\",\"doc\":\"An order, or what takes one back: a refund lowers revenue, a cancellation the order count too.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"orderId\",\"type\":\"string\",\"doc\":\"The order; a refund or cancellation names the order that it takes back. 1-128 bytes.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"PurchaseKind\",\"symbols\":[\"PURCHASE\",\"REFUND\",\"CANCELLATION\"]},\"default\":\"PURCHASE\",\"doc\":\"Which way the amount goes.\"},{\"name\":\"amountMinor\",\"type\":\"long\",\"doc\":\"After discounts, before tax and shipping; minor units of the currency, never negative.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code.\"},{\"name\":\"discountMinor\",\"type\":\"long\",\"default\":0,\"doc\":\"What was taken off; minor units of the currency, never negative.\"},{\"name\":\"costMinor\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Cost to serve; minor units of the currency, never negative.\"},{\"name\":\"items\",\"type\":\"int\",\"default\":1,\"doc\":\"Number of items, not negative.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"Where it was bought, e.g. WEB or STORE. At most 64 bytes.\"},{\"name\":\"recurring\",\"type\":\"boolean\",\"default\":false,\"doc\":\"Part of a subscription or standing order.\"},{\"name\":\"recommended\",\"type\":\"boolean\",\"default\":false,\"doc\":\"Followed a recommendation.\"},{\"name\":\"campaignId\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The campaign that it answers. 1-128 bytes.\"},{\"name\":\"orderedAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null,\"doc\":\"Of a refund or cancellation: when the order was placed, ms since the epoch, UTC.\"}]}",
  'in/support': "{\"type\":\"record\",\"name\":\"Support\",\"namespace\":\"rapport\",\"doc\":\"A step in the life of a support ticket.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"ticketId\",\"type\":\"string\",\"doc\":\"1-128 bytes.\"},{\"name\":\"status\",\"type\":{\"type\":\"enum\",\"name\":\"TicketStatus\",\"symbols\":[\"OPENED\",\"REPLIED\",\"RESOLVED\",\"REOPENED\",\"CLOSED\"]},\"doc\":\"What happened to the ticket.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"E.g. PHONE, EMAIL, CHAT. At most 64 bytes.\"},{\"name\":\"priority\",\"type\":\"string\",\"default\":\"NORMAL\",\"doc\":\"The help desk's own word for it. At most 64 bytes.\"},{\"name\":\"satisfaction\",\"type\":[\"null\",\"int\"],\"default\":null,\"doc\":\"1-5, 5 is best.\"},{\"name\":\"comment\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The customer's words: never stored, logged or sent on.\"},{\"name\":\"costMinor\",\"type\":[\"null\",\"long\"],\"default\":null,\"doc\":\"Cost to serve; minor units of the policy's base currency, never negative.\"}]}",
  'in/survey': "{\"type\":\"record\",\"name\":\"Survey\",\"namespace\":\"rapport\",\"doc\":\"An answer to a survey, or a review.\",\"fields\":[{\"name\":\"eventId\",\"type\":\"string\",\"doc\":\"Unique for this event; a redelivery carries the same one. 1-128 bytes.\"},{\"name\":\"customerId\",\"type\":\"string\",\"doc\":\"1-128 bytes of UTF-8 without control characters.\"},{\"name\":\"occurredAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time, ms since the epoch, UTC.\"},{\"name\":\"surveyId\",\"type\":\"string\",\"doc\":\"1-128 bytes.\"},{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"SurveyKind\",\"symbols\":[\"NPS\",\"CSAT\",\"REVIEW\",\"CES\"]},\"doc\":\"What was asked, and so the scale of the score.\"},{\"name\":\"score\",\"type\":\"double\",\"doc\":\"NPS an integer 0-10; CSAT and REVIEW an integer from 1 to the policy's most, 5; CES 1-7, higher is better.\"},{\"name\":\"comment\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"The customer's words: never stored, logged or sent on.\"},{\"name\":\"channel\",\"type\":\"string\",\"default\":\"UNKNOWN\",\"doc\":\"Where it was answered. At most 64 bytes.\"}]}",
  'internal/journal': "{\"type\":\"record\",\"name\":\"JournalPart\",\"namespace\":\"rapport.internal\",\"doc\":\"One record of the journal after its version byte: part of what one step did (src/engine/journal.ts says what it means). Written by hand in this very encoding, for speed.\",\"fields\":[{\"name\":\"part\",\"type\":\"int\",\"doc\":\"From 0.\"},{\"name\":\"of\",\"type\":\"int\"},{\"name\":\"header\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Header\",\"doc\":\"In the first part only; also kept in Redis.\",\"fields\":[{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"JournalKind\",\"symbols\":[\"step\",\"claim\"]}},{\"name\":\"sequence\",\"type\":\"long\"},{\"name\":\"previous\",\"type\":[\"null\",\"long\"],\"default\":null},{\"name\":\"positions\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Position\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"next\",\"type\":\"long\"},{\"name\":\"last\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"LastTaken\",\"fields\":[{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"digest\",\"type\":\"long\"}]}],\"default\":null},{\"name\":\"newest\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"end\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null}]}}},{\"name\":\"since\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"watermark\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"now\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"caughtUpAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"policy\",\"type\":\"string\"},{\"name\":\"policyText\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"shards\",\"type\":\"int\"},{\"name\":\"refused\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Refused\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"}]}}},{\"name\":\"stateBytes\",\"type\":\"long\"},{\"name\":\"writtenBytes\",\"type\":\"long\"},{\"name\":\"notKeyed\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},{\"name\":\"accepted\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Accepted\",\"fields\":[{\"name\":\"reason\",\"type\":\"string\"},{\"name\":\"what\",\"type\":\"string\"}]}],\"default\":null}]}],\"default\":null},{\"name\":\"entries\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Entry\",\"fields\":[{\"name\":\"customer\",\"type\":\"string\"},{\"name\":\"cause\",\"type\":{\"type\":\"enum\",\"name\":\"EntryCause\",\"symbols\":[\"event\",\"timer\",\"policy\",\"carried\"]}},{\"name\":\"state\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"doc\":\"null when erased.\"},{\"name\":\"due\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null}]}}}]}",
  'out/dead-letter': "{\"type\":\"record\",\"name\":\"DeadLetter\",\"namespace\":\"rapport\",\"doc\":\"An input record that could not be used, why, and what to do about it.\",\"fields\":[{\"name\":\"reason\",\"type\":{\"type\":\"enum\",\"name\":\"DeadReason\",\"symbols\":[\"unknown\",\"not_avro\",\"unknown_schema\",\"not_json\",\"invalid_record\",\"invalid_customer_id\",\"invalid_time\",\"future_event\",\"unknown_currency\",\"no_rate\",\"too_large\",\"unreadable_batch\",\"refused_by_broker\"],\"default\":\"unknown\"}},{\"name\":\"detail\",\"type\":\"string\",\"doc\":\"Names the field; holds no personal data.\"},{\"name\":\"reaction\",\"type\":\"string\",\"doc\":\"What to do about it.\"},{\"name\":\"origin\",\"type\":{\"type\":\"record\",\"name\":\"Coordinates\",\"doc\":\"Where a record stands in a topic.\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"timestamp\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"The record's own timestamp, ms; may be nonsense.\"}]}},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor met it, broker's clock.\"},{\"name\":\"key\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"doc\":\"The record's key, at most its first 1024 bytes.\"},{\"name\":\"keyBytes\",\"type\":\"int\",\"doc\":\"Length of the whole key; 0 for none.\"},{\"name\":\"value\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"doc\":\"The record's value, at most its first 65536 bytes. It may hold personal data: the topic has a retention and an ACL of its own.\"},{\"name\":\"valueBytes\",\"type\":\"int\",\"doc\":\"Length of the whole value; 0 for none.\"},{\"name\":\"truncated\",\"type\":\"boolean\",\"default\":false,\"doc\":\"Key or value are not whole.\"}]}",
  'out/profile': "{\"type\":\"record\",\"name\":\"Profile\",\"namespace\":\"rapport\",\"doc\":\"The customer's whole picture. The topic is compacted: the latest counts.\",\"fields\":[{\"name\":\"customerId\",\"type\":\"string\"},{\"name\":\"number\",\"type\":\"long\",\"doc\":\"Counts the customer's profiles from 1.\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"Event time as of which this holds.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor found it, broker's clock.\"},{\"name\":\"origin\",\"type\":{\"type\":\"enum\",\"name\":\"OutputOrigin\",\"doc\":\"backfill: the instant lies before the shard first caught up with its inputs.\",\"symbols\":[\"live\",\"backfill\"],\"default\":\"live\"}},{\"name\":\"group\",\"type\":{\"type\":\"enum\",\"name\":\"Group\",\"doc\":\"The relationship groups; UNKNOWN is only what an older reader makes of a newer group.\",\"symbols\":[\"UNKNOWN\",\"NEW\",\"CHAMPION\",\"POTENTIAL_CHAMPION\",\"LOYALIST\",\"AT_RISK\"],\"default\":\"UNKNOWN\"}},{\"name\":\"groupSince\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code of the policy's base currency: the unit of every amount here.\"},{\"name\":\"scores\",\"type\":{\"type\":\"record\",\"name\":\"Scores\",\"doc\":\"Value and loyalty at one instant.\",\"fields\":[{\"name\":\"value\",\"type\":\"long\",\"doc\":\"By the policy's measure, minor units of the base currency.\"},{\"name\":\"loyalty\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"0-100; null without evidence.\"},{\"name\":\"components\",\"type\":{\"type\":\"record\",\"name\":\"Components\",\"doc\":\"Each component's contribution to loyalty in points; null without evidence.\",\"fields\":[{\"name\":\"frequency\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"rhythm\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"feedback\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"engagement\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"programme\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"advocacy\",\"type\":[\"null\",\"double\"],\"default\":null}]}}]}},{\"name\":\"firstEventAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"firstOrderAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"lastOrderAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null},{\"name\":\"orders\",\"type\":\"long\",\"doc\":\"Net of cancellations, all time.\"},{\"name\":\"revenue\",\"type\":\"long\",\"doc\":\"Net of refunds and cancellations, all time; minor units.\"},{\"name\":\"orders365\",\"type\":\"long\",\"doc\":\"Of the trailing 365 days.\"},{\"name\":\"revenue365\",\"type\":\"long\",\"doc\":\"Of the trailing 365 days; minor units.\"},{\"name\":\"nextChangeAt\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}],\"default\":null,\"doc\":\"When silence alone could next change something; null for never.\"},{\"name\":\"truncated\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"default\":[],\"doc\":\"Bounded lists that have dropped something.\"},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
  'out/segment-change': "{\"type\":\"record\",\"name\":\"SegmentChange\",\"namespace\":\"rapport\",\"doc\":\"A customer has moved to another relationship group. A customer's changes are in order and chain: from is the to before it.\",\"fields\":[{\"name\":\"changeId\",\"type\":\"string\",\"doc\":\"First 32 hex digits of SHA-256 over application, customer and number: the same change has the same id, always.\"},{\"name\":\"customerId\",\"type\":\"string\"},{\"name\":\"number\",\"type\":\"long\",\"doc\":\"1 for the customer's first change, then 2, and so on.\"},{\"name\":\"from\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Group\",\"doc\":\"The relationship groups; UNKNOWN is only what an older reader makes of a newer group.\",\"symbols\":[\"UNKNOWN\",\"NEW\",\"CHAMPION\",\"POTENTIAL_CHAMPION\",\"LOYALIST\",\"AT_RISK\"],\"default\":\"UNKNOWN\"}],\"default\":null,\"doc\":\"null for the first.\"},{\"name\":\"to\",\"type\":\"Group\"},{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When it became true, event time; exact, and never before the change before it.\"},{\"name\":\"detectedAt\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"When the processor found it, broker's clock.\"},{\"name\":\"origin\",\"type\":{\"type\":\"enum\",\"name\":\"OutputOrigin\",\"doc\":\"backfill: the instant lies before the shard first caught up with its inputs.\",\"symbols\":[\"live\",\"backfill\"],\"default\":\"live\"}},{\"name\":\"cause\",\"type\":{\"type\":\"enum\",\"name\":\"Cause\",\"doc\":\"silence: time alone; late_event: an event from before the customer's latest.\",\"symbols\":[\"unknown\",\"event\",\"silence\",\"late_event\"],\"default\":\"unknown\"}},{\"name\":\"trigger\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Coordinates\",\"doc\":\"Where a record stands in a topic.\",\"fields\":[{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"timestamp\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},\"doc\":\"The record's own timestamp, ms; may be nonsense.\"}]}],\"default\":null,\"doc\":\"The record that led to it; null for silence.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code of the policy's base currency: the unit of every amount here.\"},{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Scores\",\"doc\":\"Value and loyalty at one instant.\",\"fields\":[{\"name\":\"value\",\"type\":\"long\",\"doc\":\"By the policy's measure, minor units of the base currency.\"},{\"name\":\"loyalty\",\"type\":[\"null\",\"double\"],\"default\":null,\"doc\":\"0-100; null without evidence.\"},{\"name\":\"components\",\"type\":{\"type\":\"record\",\"name\":\"Components\",\"doc\":\"Each component's contribution to loyalty in points; null without evidence.\",\"fields\":[{\"name\":\"frequency\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"rhythm\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"feedback\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"engagement\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"programme\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"advocacy\",\"type\":[\"null\",\"double\"],\"default\":null}]}}]}],\"default\":null,\"doc\":\"At the change before; null for the first.\"},{\"name\":\"after\",\"type\":\"Scores\"},{\"name\":\"drivers\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Driver\",\"doc\":\"What moved the customer since the change before. Loyalty drivers are in points and add up to the change of the score; value is in minor units.\",\"fields\":[{\"name\":\"name\",\"type\":\"string\",\"doc\":\"A component of loyalty, value, or feedback expired.\"},{\"name\":\"before\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"after\",\"type\":[\"null\",\"double\"],\"default\":null},{\"name\":\"difference\",\"type\":\"double\"}]}},\"default\":[]},{\"name\":\"policy\",\"type\":\"string\",\"doc\":\"Hash of the policy in force.\"}]}",
} as const;

export type SchemaName = keyof typeof SCHEMA_TEXTS;
