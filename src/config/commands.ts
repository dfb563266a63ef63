/** The application's own topic of commands: a source like the others, but that no configuration names. */
import type { CommandSource, EventSource, SourceConfig } from './config.ts';

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
