/** What helps: the table of docs/groups.md is that of the code; what answers the cause comes first; the channel suits how the customer is served. */
import { describe, expect, test } from 'vitest';
import { COMPONENTS, type Driver, GROUPS, SIGNALS } from '../../src/domain/decision.ts';
import { SERVICE_MODES } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { CHANNELS, STRATEGIES, strategiesFor } from '../../src/domain/strategies.ts';
import { codes, doc, rowsOf } from '../support/markdown.ts';

const { retail } = presets;
const down = (name: Driver['name'], difference = -5): Driver => ({ name, before: 10, after: 10 + difference, difference });
const actions = (...of: Parameters<typeof strategiesFor>): string[] => strategiesFor(...of).map(({ action }) => action);
const rows = rowsOf(doc('docs/groups.md'));

test('the table of the page is the table of the code, in its order', () => {
  const said = rows.flatMap((row) =>
    row.has('strategy') ? [[row.get('strategy'), codes(row.get('for') ?? ''), codes(row.get('comes first for') ?? '')]] : [],
  );
  const groups = ['CHAMPION', 'POTENTIAL_CHAMPION', 'LOYALIST', 'AT_RISK', 'NEW'] as const;
  expect(said).toEqual(groups.flatMap((group) => STRATEGIES[group].map(({ action, answers }) => [action, [group], answers])));
  const modes = rows
    .filter((row) => row.has('strategies go by'))
    .map((row) => ['mode', 'strategies go by'].flatMap((name) => codes(row.get(name) ?? '')));
  expect(modes).toEqual(SERVICE_MODES.map((mode) => [mode, CHANNELS[mode]]));
});

test('the channels of the page are those of every preset', () => {
  const said = rows.flatMap((row) =>
    codes(row.get('channels of the presets') ?? '').map((channel) => [channel, codes(row.get('mode') ?? '')[0]]),
  );
  for (const preset of Object.values(presets)) expect(Object.fromEntries(said)).toEqual(preset.channels);
});

test.each(GROUPS)('%s: every driver and every early warning has one strategy that answers it', (group) => {
  const answered = STRATEGIES[group].flatMap(({ answers }) => answers);
  expect(answered.toSorted()).toEqual([...COMPONENTS, 'value', 'feedback expired', ...SIGNALS].toSorted());
});

describe('order', () => {
  test('without a cause as in the table', () => {
    expect(actions('LOYALIST', [], [], null, retail)).toEqual(STRATEGIES.LOYALIST.map(({ action }) => action));
  });

  test('the greatest driver first, signals behind drivers, the rest as in the table', () => {
    expect(actions('LOYALIST', [down('programme', -9), down('value')], ['OVERDUE'], null, retail)).toEqual([
      'loyalty rewards',
      'promotion of higher-priced items',
      'reasons to buy more often or more',
      'relationship building',
      'recommendations',
    ]);
  });

  test('what went up wants no answer', () => {
    expect(actions('LOYALIST', [{ ...down('advocacy'), difference: 5 }], [], null, retail)[0]).toBe('relationship building');
  });

  test("the policy's own come last, in their order", () => {
    const policy = { ...retail, strategies: { ...retail.strategies, AT_RISK: ['call the key account', 'send flowers'] } };
    const said = actions('AT_RISK', [], ['SUPPORT_PAIN'], null, policy);
    expect(said[0]).toBe('review of service interactions');
    expect(said.slice(-2)).toEqual(['call the key account', 'send flowers']);
    expect(said).toHaveLength(STRATEGIES.AT_RISK.length + 2);
  });
});

test.each([...SERVICE_MODES, null])('a customer served by %s is reached there', (mode) => {
  const channels = new Set(strategiesFor('CHAMPION', [], [], mode, retail).map(({ channel }) => channel));
  expect([...channels]).toEqual([CHANNELS[mode ?? 'AUTOMATED']]);
});
