/**
 * What the dashboard shows: from the views of both topics to the rows of one table. Pure. All fields: ../../docs/topics.md#profiles and #kpis.
 */
export interface Profile {
  readonly group: string;
  readonly currency: string;
  readonly churn: { readonly level: string | null; readonly lost: boolean };
  readonly lifetimeValues: { readonly predicted: number };
  readonly revenue365: number;
}

export interface Kpi {
  /** YYYY-MM-DD */
  readonly day: string;
  readonly dimension: string;
  readonly finished: boolean;
  readonly csat: number | null;
  readonly churn12: number | null;
}

export interface Row {
  readonly group: string;
  readonly customers: number;
  /** with a level of HIGH or CRITICAL, who are not LOST */
  readonly slippingAway: number;
  /** minor units, as the two below come */
  readonly revenue365: number;
  readonly atStake: number;
  /** of the last day that is over, 0–1; null where it cannot be told */
  readonly csat: number | null;
  readonly churn12: number | null;
}

/** One row for each group that has a customer, then one for all. */
export function rowsOf(profiles: ReadonlyMap<string, Profile>, kpis: ReadonlyMap<string, Kpi>): Row[] {
  const all = [...profiles.values()];
  const groups = [...new Set(all.map(({ group }) => group))].sort();
  const day = lastDay(kpis);
  const row = (group: string, members: readonly Profile[], dimension: string): Row => {
    const slipping = members.filter(({ churn }) => !churn.lost && (churn.level === 'HIGH' || churn.level === 'CRITICAL'));
    const kpi = kpis.get(`${day}|${dimension}`);
    return {
      group,
      customers: members.length,
      slippingAway: slipping.length,
      revenue365: members.reduce((sum, { revenue365 }) => sum + revenue365, 0),
      atStake: slipping.reduce((sum, { lifetimeValues }) => sum + lifetimeValues.predicted, 0),
      csat: kpi?.csat ?? null,
      churn12: kpi?.churn12 ?? null,
    };
  };
  const members = (group: string): Profile[] => all.filter((profile) => profile.group === group);
  return [...groups.map((group) => row(group, members(group), `group:${group}`)), row('all', all, 'all')];
}

function lastDay(kpis: ReadonlyMap<string, Kpi>): string {
  let last = '';
  for (const { day, finished } of kpis.values()) if (finished && day > last) last = day;
  return last;
}
