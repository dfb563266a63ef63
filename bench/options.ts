/**
 * How the bench is asked, and how long it will take. Pure.
 */
import { InvalidArgumentError } from 'commander';
import { positive } from '../src/cli/options.ts';
import type { PeerName } from './peers/peer.ts';

export const MODES = ['throughput', 'latency', 'silence', 'scale'] as const;
export type Mode = (typeof MODES)[number];

export const PEER_CHOICES = ['all', 'streams', 'naive', 'none'] as const;
export type PeerChoice = (typeof PEER_CHOICES)[number];

export interface Options {
  readonly only: Mode;
  readonly peer: PeerChoice;
  readonly customers: number;
  readonly events: number;
  /** numbers of partitions, one after another */
  readonly partitions: readonly number[];
  readonly rounds: number;
  /** a further round of throughput is left out when it would not end within so many */
  readonly minutes: number;
  readonly seed: number;
  /** of latency: how long each rate is kept */
  readonly seconds: number;
  /** a share of the customers and events of silence and scale, for a quick try */
  readonly scaleBy: number;
  /** of silence: so many customers in place of its own numbers */
  readonly timers?: number;
  readonly json?: true;
}

/** `4,12` */
export function partitionList(text: string): number[] {
  const counts = text.split(',').map(positive);
  if (new Set(counts).size !== counts.length) throw new InvalidArgumentError('Each number of partitions stands there once.');
  return counts;
}

/** Who runs beside rapport, which always does. */
export const peersOf = (choice: PeerChoice): PeerName[] => {
  const beside: Readonly<Record<PeerChoice, readonly PeerName[]>> = {
    all: ['streams1', 'streams2', 'naive'],
    streams: ['streams1', 'streams2'],
    naive: ['naive'],
    none: [],
  };
  return ['rapport', ...beside[choice]];
};

/** Events a second, roughly and on two cores: only for the estimate. */
const RATES: Readonly<Record<PeerName, number>> = { rapport: 25_000, streams1: 33_000, streams2: 40_000, naive: 1_000 };
const LOAD_RATE = 20_000;
const SERVERS_SECONDS = 30;
/** of a run: its topics, its start, its quiet end */
const RUN_SECONDS = 15;
/** of reading and comparing a peer's outputs of a million events */
const COMPARE_SECONDS = 15;

/** Seconds that the throughput mode takes. `eventsFor` says how many of the events a peer gets. */
export function throughputSeconds(
  { peer, events, partitions, rounds }: Pick<Options, 'peer' | 'events' | 'partitions' | 'rounds'>,
  eventsFor: (peer: PeerName, events: number) => number,
): number {
  const peers = peersOf(peer);
  const run = (name: PeerName): number => eventsFor(name, events) / RATES[name] + RUN_SECONDS;
  const naive = peers.includes('naive') ? run('naive') : 0;
  const round = peers.reduce((sum, name) => sum + run(name), 0) - naive;
  const compared = peers.some((name) => name.startsWith('streams')) ? peers.length * (events / 1e6) * COMPARE_SECONDS : 0;
  return SERVERS_SECONDS + compared + partitions.length * (events / LOAD_RATE + rounds * round + naive);
}
