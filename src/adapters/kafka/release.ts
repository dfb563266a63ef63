/**
 * Which release of Kafka a broker is of, as far as it can be known: no answer of the protocol says it. The highest level of the feature
 * `metadata.version` that a broker supports tells its minor release (KIP-584, `MetadataVersion` in Kafka's sources); of brokers without it, which requests they know.
 */

export interface Release {
  /** `4.1`, or `2.8` of a broker that is at least that */
  readonly text: string;
  /** the minor release itself; false: that or a later one */
  readonly exact: boolean;
}

/** The first level of `metadata.version` of each minor release. A level above the last is of a release that is not listed yet. */
const LEVELS: readonly (readonly [level: number, release: string])[] = [
  [34, '4.5'],
  [31, '4.4'],
  [30, '4.3'],
  [28, '4.2'],
  [26, '4.1'],
  [22, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [15, '3.7'],
  [12, '3.6'],
  [9, '3.5'],
  [8, '3.4'],
  [4, '3.3'],
];

/** Requests that a release brought: DescribeTransactions, DescribeCluster, DescribeUserScramCredentials, DescribeClientQuotas, OffsetDelete. */
const REQUESTS: readonly (readonly [key: number, release: string])[] = [
  [65, '3.0'],
  [60, '2.8'],
  [50, '2.7'],
  [48, '2.6'],
  [47, '2.4'],
];

/** Null: older than 2.4. */
export function releaseOf(requests: ReadonlySet<number>, metadataVersion: number | undefined): Release | null {
  if (metadataVersion !== undefined) {
    const [newest] = LEVELS;
    const found = LEVELS.find(([level]) => metadataVersion >= level);
    if (found !== undefined) return { text: found[1], exact: found !== newest };
  }
  const known = REQUESTS.find(([key]) => requests.has(key));
  return known === undefined ? null : { text: known[1], exact: false };
}
