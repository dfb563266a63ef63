/**
 * Every metric and span that rapport gives out: name, type, labels, unit, meaning. The one place in which these names stand; docs/metrics.md, the dashboard and the rules in
 * observability/ are held to it by tests. Boundary: names alone; what is counted when is worker.ts and serve.ts. Longer than other files, since it is one table.
 *
 * Labels are bounded: a shard, a topic of the configuration, a word of a closed list. No customer, offset or message is ever one.
 */
export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface Metric<L extends string = string> {
  readonly name: string;
  readonly type: MetricType;
  readonly labels: readonly L[];
  readonly unit: string;
  readonly help: string;
  /** upper bounds of a histogram's buckets */
  readonly buckets?: readonly number[];
}

/** From a commit on one broker to one that waits for a slow disk. */
const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
/** From an event to what it led to: what a healthy pipeline takes, up to what is an outage. */
const LATENCY = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];
const SIZES = [1, 3, 10, 30, 100, 300, 1_000, 2_000];
/** A shard that stands ready, up to one that is made anew from a large journal. */
const LONG = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_200];

/** Of every metric of ours. */
export const APPLICATION = 'application';

export const METRICS = {
  /** of `rapport run` */
  worker: {
    records: {
      name: 'rapport_records_total',
      type: 'counter',
      labels: ['shard', 'topic', 'outcome'],
      unit: 'records',
      help: 'Input records of committed steps, by the topic in which they first entered and by what became of them: folded, duplicate, rerouted, passed, dead',
    },
    deadLetters: {
      name: 'rapport_dead_letters_total',
      type: 'counter',
      labels: ['shard', 'topic', 'reason'],
      unit: 'records',
      help: 'Input records that became dead letters, by the reason that the letter gives',
    },
    outputs: {
      name: 'rapport_outputs_total',
      type: 'counter',
      labels: ['shard', 'topic'],
      unit: 'records',
      help: 'Output records committed, by topic',
    },
    changes: {
      name: 'rapport_segment_changes_total',
      type: 'counter',
      labels: ['shard'],
      unit: 'changes',
      help: 'Changes of group committed',
    },
    alerts: {
      name: 'rapport_customer_alerts_total',
      type: 'counter',
      labels: ['shard'],
      unit: 'records',
      help: 'Records of alerts about customers committed: opened, escalated, acknowledged, closed',
    },
    step: {
      name: 'rapport_step_seconds',
      type: 'histogram',
      labels: ['shard'],
      unit: 'seconds',
      help: 'One committed step: states loaded, records folded, transaction committed',
      buckets: FAST,
    },
    commit: {
      name: 'rapport_commit_seconds',
      type: 'histogram',
      labels: ['shard'],
      unit: 'seconds',
      help: 'The transaction of one committed step',
      buckets: FAST,
    },
    stepRecords: {
      name: 'rapport_step_records',
      type: 'histogram',
      labels: ['shard'],
      unit: 'records',
      help: 'Input records of one committed step',
      buckets: SIZES,
    },
    commitFailures: {
      name: 'rapport_commit_failures_total',
      type: 'counter',
      labels: ['shard', 'outcome'],
      unit: 'transactions',
      help: 'Transactions that were not committed: unknown (the takeover finds out), refused (done again otherwise)',
    },
    timersFired: {
      name: 'rapport_timers_fired_total',
      type: 'counter',
      labels: ['shard'],
      unit: 'timers',
      help: 'Timers of customers that changed something',
    },
    timersDue: {
      name: 'rapport_timers_due',
      type: 'gauge',
      labels: ['shard'],
      unit: 'customers',
      help: 'Customers whose timers the last step found due, while more are due: 1000 and the few on their way to Redis at most; else 0',
    },
    timerOverdue: {
      name: 'rapport_timer_overdue_seconds',
      type: 'gauge',
      labels: ['shard'],
      unit: 'seconds',
      help: 'How far the watermark is past the earliest timer that has not fired; 0 when none is due',
    },
    watermark: {
      name: 'rapport_watermark_timestamp_seconds',
      type: 'gauge',
      labels: ['shard'],
      unit: 'seconds',
      help: 'The instant up to which the shard has seen everything, since the epoch; 0 before there is one',
    },
    watermarkDelay: {
      name: 'rapport_watermark_delay_seconds',
      type: 'gauge',
      labels: ['shard'],
      unit: 'seconds',
      help: 'How far the watermark is behind the brokers\u2019 clock; since the takeover while there is none',
    },
    eventLatency: {
      name: 'rapport_event_latency_seconds',
      type: 'histogram',
      labels: ['shard'],
      unit: 'seconds',
      help: 'From occurredAt to the commit, of the live event of each step that waited longest',
      buckets: LATENCY,
    },
    appendLatency: {
      name: 'rapport_append_latency_seconds',
      type: 'histogram',
      labels: ['shard'],
      unit: 'seconds',
      help: 'From the timestamp of its record in the input to the commit, of the live record of each step that waited longest',
      buckets: LATENCY,
    },
    lag: {
      name: 'rapport_input_lag',
      type: 'gauge',
      labels: ['shard', 'topic'],
      unit: 'offsets',
      help: 'Offsets of an input that no committed step has taken, transaction markers included',
    },
    journalBytes: {
      name: 'rapport_journal_bytes',
      type: 'gauge',
      labels: ['shard'],
      unit: 'bytes',
      help: 'Size of the shard\u2019s journal, as the cleaner reckons it',
    },
    stateBytes: {
      name: 'rapport_state_bytes',
      type: 'gauge',
      labels: ['shard'],
      unit: 'bytes',
      help: 'Size of the states of the shard, about',
    },
    journalWritten: {
      name: 'rapport_journal_written_bytes_total',
      type: 'counter',
      labels: ['shard'],
      unit: 'bytes',
      help: 'Bytes written to the journal',
    },
    applying: {
      name: 'rapport_steps_to_apply',
      type: 'gauge',
      labels: ['shard'],
      unit: 'steps',
      help: 'Steps that are committed and not yet applied to Redis; the next step waits at 4',
    },
    takeovers: {
      name: 'rapport_takeovers_total',
      type: 'counter',
      labels: ['shard', 'kind'],
      unit: 'takeovers',
      help: 'Takeovers of shards: resumed, or rebuilt from the whole journal',
    },
    takeover: {
      name: 'rapport_takeover_seconds',
      type: 'histogram',
      labels: ['kind'],
      unit: 'seconds',
      help: 'One takeover, from the fence to where Redis stood at the claim',
      buckets: LONG,
    },
    breaks: {
      name: 'rapport_shard_breaks_total',
      type: 'counter',
      labels: ['shard', 'reaction'],
      unit: 'errors',
      help: 'Errors that ended the holding of a shard, by the reaction: retryable, fenced, halt',
    },
    cache: {
      name: 'rapport_cache_keys_total',
      type: 'counter',
      labels: ['shard', 'result'],
      unit: 'keys',
      help: 'States and totals that committed steps asked for: hit (at hand), miss (asked of Redis)',
    },
    held: {
      name: 'rapport_shard_held',
      type: 'gauge',
      labels: ['shard'],
      unit: '0 or 1',
      help: 'Of the shards that the group gave this worker: 1 while it makes steps, 0 while it is being taken over',
    },
    shardsHeld: {
      name: 'rapport_shards_held',
      type: 'gauge',
      labels: [],
      unit: 'shards',
      help: 'Shards in which this worker makes steps',
    },
    shards: {
      name: 'rapport_shards',
      type: 'gauge',
      labels: [],
      unit: 'shards',
      help: 'Shards of the application',
    },
    member: {
      name: 'rapport_group_member',
      type: 'gauge',
      labels: [],
      unit: '0 or 1',
      help: '1 while the worker is a member of the group and the group does not rebalance',
    },
    ready: {
      name: 'rapport_ready',
      type: 'gauge',
      labels: [],
      unit: '0 or 1',
      help: 'What /readyz says',
    },
    serverUp: {
      name: 'rapport_server_up',
      type: 'gauge',
      labels: ['server'],
      unit: '0 or 1',
      help: 'kafka, redis: 0 after a call that failed because it is away, and while one has had no answer for 5 s',
    },
    redis: {
      name: 'rapport_redis_seconds',
      type: 'histogram',
      labels: ['call'],
      unit: 'seconds',
      help: 'Calls of the state store: load, apply, meta, totals',
      buckets: FAST,
    },
    build: {
      name: 'rapport_build_info',
      type: 'gauge',
      labels: ['version', 'node', 'policy'],
      unit: '1',
      help: 'Always 1: the version, that of Node, and the hash of the policy in force',
    },
  },
  /** of `rapport serve` */
  serve: {
    requests: {
      name: 'rapport_http_requests_total',
      type: 'counter',
      labels: ['route', 'status'],
      unit: 'requests',
      help: 'Requests answered, by route and status; page: a file of the dashboard, none: no such route. A live connection counts when it ends',
    },
    request: {
      name: 'rapport_http_request_seconds',
      type: 'histogram',
      labels: ['route'],
      unit: 'seconds',
      help: 'Time to the end of an answer; not of live connections',
      buckets: FAST,
    },
    liveReaders: {
      name: 'rapport_live_readers',
      type: 'gauge',
      labels: [],
      unit: 'connections',
      help: 'Connections to the live changes',
    },
    modelReady: {
      name: 'rapport_read_model_ready',
      type: 'gauge',
      labels: [],
      unit: '0 or 1',
      help: '1 once every topic has been read to where it ended when the reading began',
    },
    modelLag: {
      name: 'rapport_read_model_lag',
      type: 'gauge',
      labels: ['topic'],
      unit: 'offsets',
      help: 'Offsets of an output topic that the read model has not read; as last known while Kafka is away',
    },
  },
  /** of the process, from the client library: those that the dashboard and the rules use */
  process: {
    cpu: { name: 'process_cpu_seconds_total', type: 'counter', labels: [], unit: 'seconds', help: 'Processor time' },
    memory: { name: 'process_resident_memory_bytes', type: 'gauge', labels: [], unit: 'bytes', help: 'Resident memory' },
    started: {
      name: 'process_start_time_seconds',
      type: 'gauge',
      labels: [],
      unit: 'seconds',
      help: 'Start of the process, since the epoch',
    },
    loop: {
      name: 'nodejs_eventloop_lag_p99_seconds',
      type: 'gauge',
      labels: [],
      unit: 'seconds',
      help: 'Event loop delay, 99th percentile',
    },
    heap: { name: 'nodejs_heap_size_used_bytes', type: 'gauge', labels: [], unit: 'bytes', help: 'Heap in use' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Metric>>>>;

export const SPANS = {
  step: 'rapport.step',
  attributes: {
    application: 'rapport.application',
    shard: 'rapport.shard',
    offset: 'rapport.journal.offset',
    records: 'messaging.batch.message_count',
    outputs: 'rapport.outputs',
    timers: 'rapport.timers',
    commitMs: 'rapport.commit_ms',
    system: 'messaging.system',
    operation: 'messaging.operation.type',
  },
} as const;
