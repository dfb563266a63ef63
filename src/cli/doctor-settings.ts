/**
 * `rapport doctor`: the settings of topics. What a worker refuses at its start is a fault here by the same code (topics.ts); what `topics create` would have
 * set otherwise is a warning, or a fault where records would be lost.
 */
import type { Config, SourceConfig } from '../config/config.ts';
import { bytesText, type Check, Checks } from './doctor-check.ts';
import { configLine } from './doctor-cure.ts';
import { durationText } from './output.ts';
import { topicFaults, topicSpecs } from './topics.ts';

/** In force, by name. */
export type Settings = Readonly<Record<string, string>>;

const checks = new Checks('topics');

export function keptText(settings: Settings): string {
  if (settings['cleanup.policy'] === 'compact') return 'compacted';
  const ms = Number(settings['retention.ms']);
  return ms < 0 ? 'kept for good' : `kept for ${durationText(ms)}`;
}

/** With what a number means: `604800000 (7 d)`. */
function valueText(name: string, value: string): string {
  const number = Number(value);
  if (value === '' || !Number.isFinite(number)) return value || 'not set';
  if (name.startsWith('retention.') && number < 0) return `${value} (for good)`;
  if (name.endsWith('.ms')) return `${value} (${durationText(number)})`;
  return name.endsWith('.bytes') ? `${value} (${bytesText(number)})` : value;
}

export function settingFaults(config: Config, settings: ReadonlyMap<string, Settings | null>): Check[] {
  return topicFaults(config, (topic, name) => settings.get(topic)?.[name]).map(({ topic, name, found, want, atLeast }) =>
    checks.fault(
      `${topic}: ${name}`,
      `${valueText(name, found)}, wanted ${atLeast ? 'at least ' : ''}${valueText(name, want)}`,
      'No worker starts: records would be lost, or refused.',
      configLine(config, topic, name, want),
    ),
  );
}

const DAY = 86_400_000;
/** A long weekend. */
const LEAST_RETENTION = 3 * DAY;

/** What a worker does not look at, and somebody will be sorry for. */
export function looseEnds(config: Config, topic: string, settings: Settings | null): Check[] {
  if (settings === null) return [];
  const source = config.sources.find((each) => each.topic === topic);
  return source === undefined ? ownEnds(config, topic, settings) : inputEnds(config, source, settings);
}

function inputEnds(config: Config, { topic, type }: SourceConfig, settings: Settings): Check[] {
  const policy = settings['cleanup.policy'] ?? '';
  const found: Check[] = [];
  if (policy.includes('compact') && type !== 'attributes') {
    found.push(
      checks.fault(
        `${topic}: cleanup.policy`,
        policy,
        'Of all events with one key only the last is kept: events vanish before they are read, and unseen.',
        configLine(config, topic, 'cleanup.policy', 'delete'),
      ),
    );
  }
  const kept = Number(settings['retention.ms']);
  if (policy.includes('delete') && kept >= 0 && kept < LEAST_RETENTION) {
    found.push(
      checks.warning(
        `${topic}: retention.ms`,
        durationText(kept),
        'When the processor is down for longer than that, records are deleted before they are read, and their shards halt. A new application id (another policy) begins with what is there.',
        configLine(config, topic, 'retention.ms', String(7 * DAY)),
      ),
    );
  }
  if (policy.includes('delete') && Number(settings['retention.bytes']) >= 0) {
    found.push(
      checks.warning(
        `${topic}: retention.bytes`,
        `${valueText('retention.bytes', settings['retention.bytes'] ?? '')} a partition`,
        'A burst of events may delete records before they are read, whatever their age.',
        configLine(config, topic, 'retention.bytes', '-1'),
      ),
    );
  }
  return found;
}

/** Settings with which `topics create` makes the topic, and without which it loses records. */
const LOSING = ['cleanup.policy', 'retention.ms', 'retention.bytes'];

function ownEnds(config: Config, topic: string, settings: Settings): Check[] {
  const { journal, reroute, deadLetters } = config.topics;
  const internal = topic === journal || topic === reroute;
  const refused = new Set(topicFaults(config, (of, name) => (of === topic ? settings[name] : undefined)).map(({ name }) => name));
  const made = topicSpecs(config).find((spec) => spec.topic === topic)?.configs ?? {};
  return Object.entries(made).flatMap(([name, value]) => {
    const is = settings[name];
    if (is === undefined || is === value || refused.has(name) || name === 'max.message.bytes') return [];
    const line = configLine(config, topic, name, value);
    const what = [`${topic}: ${name}`, `${valueText(name, is)}, made as ${valueText(name, value)}`] as const;
    if (internal && LOSING.includes(name)) {
      return [checks.fault(...what, 'Records that the application still needs would be deleted, and its shards would halt.', line)];
    }
    if (name === 'segment.bytes' && Number(is) > Number(value)) {
      return [checks.warning(...what, 'Space is freed in whole segments: the topic stays larger than it has to be.', line)];
    }
    if (name === 'cleanup.policy') {
      return [
        checks.warning(
          ...what,
          'Who reads it from the beginning does not find the newest record of each key, or finds all there ever were.',
          line,
        ),
      ];
    }
    // A shorter or longer memory of dead letters is a matter of taste.
    return name === 'retention.ms' && topic !== deadLetters ? [checks.warning(...what, 'Records are kept for another time.', line)] : [];
  });
}
