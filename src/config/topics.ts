/** The topics that an application owns, by its id. That of its commands is a source like the others, but that no configuration names. */
import type { CommandSource, EventSource, SourceConfig, Topics } from './config.ts';

export const topicsOf = (applicationId: string): Topics => ({
  journal: `${applicationId}.journal`,
  reroute: `${applicationId}.reroute`,
  segmentChanges: `${applicationId}.segment-changes`,
  profiles: `${applicationId}.profiles`,
  alerts: `${applicationId}.alerts`,
  kpis: `${applicationId}.kpis`,
  thresholds: `${applicationId}.thresholds`,
  deadLetters: `${applicationId}.dead-letters`,
});

export const commandSource = (applicationId: string): CommandSource => ({
  type: 'command',
  topic: `${applicationId}.commands`,
  format: 'avro',
  keyedByCustomer: true,
});

export const isCommands = (source: SourceConfig): source is CommandSource => source.type === 'command';

/** Those that the configuration names. */
export const eventSources = (sources: readonly SourceConfig[]): EventSource[] =>
  sources.filter((source): source is EventSource => !isCommands(source));
