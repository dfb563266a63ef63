import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digitsOf, toMajor, toMinor } from '../../src/config/currency.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { formatPolicy, identify, parsePolicy, policyFromCanonical, presetPolicy } from '../../src/config/policy.ts';
import { policySchema } from '../../src/config/policy-schema.ts';
import { PRESETS } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';

function faults(text: string): string[] {
  try {
    parsePolicy(text, 'p.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => `${fault.where}: ${fault.message}`);
  }
}

describe('presets', () => {
  test.each(PRESETS)('%s is a sound policy without warnings, and round trips through a file and the canonical text', (name) => {
    const policy = presets[name];
    expect(policy.preset).toBe(name);
    expect(policySchema.parse(policy)).toEqual(policy);
    const parsed = parsePolicy(formatPolicy(policy), 'p.yaml');
    expect(parsed).toEqual(presetPolicy(name));
    expect(policyFromCanonical(parsed.text)).toEqual(policy);
    expect(parsePolicy(`preset: ${name}`, 'p.yaml').hash).toBe(parsed.hash);
  });

  test('an empty file is the retail preset', () => {
    expect(parsePolicy('', 'p.yaml').policy).toEqual(presets.retail);
    expect(parsePolicy('# nothing yet\n', 'p.yaml').policy).toEqual(presets.retail);
  });
});

describe('overrides', () => {
  test('reach into the depth and leave the rest', () => {
    const { policy } = parsePolicy('preset: retail\nvalue: { high: 750.50 }\nloyalty:\n  weights: { rhythm: 0.4 }\n', 'p.yaml');
    expect(policy).toEqual({
      ...presets.retail,
      value: { ...presets.retail.value, high: 75_050 },
      loyalty: { ...presets.retail.loyalty, weights: { ...presets.retail.loyalty.weights, rhythm: 0.4 } },
    });
  });

  test('the hash is of what the policy means, not of how it is written', () => {
    const a = parsePolicy('preset: retail\nvalue: { high: 750.50, leave: 0.8 }', 'a.yaml');
    const b = parsePolicy('value:\n  leave: 0.80\n  high: "750.5"\n', 'b.yaml');
    const c = parsePolicy('value: { high: 750.51 }', 'c.yaml');
    expect(a.hash).toBe(b.hash);
    expect(a.text).toBe(b.text);
    expect(c.hash).not.toBe(a.hash);
    expect(a.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each([
    ['USD', '0.07', 7],
    ['USD', '1.10', 110],
    ['USD', '4503599627.29', 450_359_962_729],
    ['JPY', '500', 500],
    ['KWD', '1.001', 1001],
  ])('%s %s is exactly %d minor units', (currency, written, minor) => {
    expect(parsePolicy(`currency: ${currency}\nvalue: { high: ${written} }`, 'p.yaml').policy.value.high).toBe(minor);
  });

  test('another currency without an amount takes the same number, and says so', () => {
    const { policy, warnings } = parsePolicy('currency: JPY\n', 'p.yaml');
    expect(policy.value.high).toBe(presets.retail.value.high / 100);
    expect(warnings).toEqual([
      'p.yaml:1:11: value.high is not given and is taken as 500.00 JPY.',
      'p.yaml:1:11: lifetime.gammaGamma.v is not given and is taken as 15.44 JPY.',
    ]);
  });

  test('what is allowed and hardly meant is a warning with its line', () => {
    const { warnings } = parsePolicy(
      'loyalty:\n  high: 50\n  leave: 50\n  advocacy: { enabled: true }\n  weights: { advocacy: 0 }\n',
      'p.yaml',
    );
    expect(warnings).toEqual([
      'p.yaml:3:10: loyalty.leave equals loyalty.high: without a band between them customers move to and fro.',
      'p.yaml:4:24: loyalty.advocacy.enabled is true, but loyalty.weights.advocacy is 0: it changes nothing.',
    ]);
  });
});

describe('what is allowed and hardly meant', () => {
  test.each([
    [
      'preset: b2b\nchurn: { lost: { gaps: 3 } }',
      'p.yaml:2:8: churn.overdue comes after LOST for customers whose gap is long: they are never OVERDUE.',
    ],
    [
      'preset: b2b\nchurn: { programme: { joinDays: 60 } }',
      'p.yaml:2:33: churn.programme.joinDays is given, but loyalty.programme.enabled is false: it changes nothing.',
    ],
  ])('%s', (text, warning) => {
    expect(parsePolicy(text, 'p.yaml').warnings).toEqual([warning]);
  });
});

describe('faults', () => {
  test.each<[text: string, fault: string | RegExp]>([
    ['preset: retial', 'p.yaml:1:9: preset must be retail, subscription or b2b, but is "retial". Did you mean retail?'],
    ['- 1', 'p.yaml:1:1: must be a mapping that begins with `preset: retail`.'],
    ['value: 5', 'p.yaml:1:8: value must be a mapping, but is 5.'],
    ['value:', 'p.yaml:1:7: value must be a mapping, but is null.'],
    ['vaule: { high: 5 }', 'p.yaml:1:1: vaule is not a setting of a policy. Did you mean value?'],
    ['value: { high: 5.001 }', 'p.yaml:1:16: value.high has more than the 2 decimals of the currency.'],
    ['value: { high: 1e3 }', 'p.yaml:1:16: value.high must be a plain decimal number of major units, such as 500.00.'],
    ['value: { high: -1 }', 'p.yaml:1:16: value.high must be a plain decimal number of major units, such as 500.00.'],
    ['value: { high: 0 }', 'p.yaml:1:16: value.high must be at least 1, but is 0.'],
    ['value: { leave: 80 }', 'p.yaml:1:17: value.leave must be at most 1, but is 80.'],
    ['value: { windowDays: 730 }', 'p.yaml:1:22: value.windowDays must be at most 365, but is 730.'],
    ['value: { windowDays: 30.5 }', 'p.yaml:1:22: value.windowDays must be a whole number, but is 30.5.'],
    ['value: { measure: profit }', 'p.yaml:1:19: value.measure must be revenue, averageOrder or margin, but is "profit".'],
    ['loyalty: { programme: { enabled: yes } }', 'p.yaml:1:34: loyalty.programme.enabled must be true or false, but is "yes".'],
    ['loyalty: { high: .nan }', 'p.yaml:1:18: loyalty.high must be a number, but is NaN.'],
    ['currency: USX', 'p.yaml:1:11: currency must be an ISO 4217 currency code, such as USD, but is "USX".'],
    [
      'rates: [{ currency: EUR, from: 2024-02-30, rate: 1.1 }]',
      'p.yaml:1:32: rates.0.from must be a date, YYYY-MM-DD, but is "2024-02-30".',
    ],
    ['rates: [{ currency: EUR, rate: 1.1 }]', 'p.yaml:1:9: rates.0.from must be a text, but is missing.'],
    [
      'rates: [{ currency: EUR, form: 1, from: 2024-01-01, rate: 1 }]',
      'p.yaml:1:26: rates.0.form is not a setting of a policy. Did you mean from?',
    ],
    ['rates: [{ currency: USD, from: 2024-01-01, rate: 1.1 }]', 'p.yaml:1:21: rates.0 is for the base currency USD: remove it.'],
    ['rates: [&r { currency: EUR, from: 2024-01-01, rate: 1.1 }, *r]', 'p.yaml:1:60: rates.1 gives a second rate for EUR from 2024-01-01.'],
    [
      'loyalty: { leave: 61 }',
      'p.yaml:1:19: loyalty.leave must not be above loyalty.high: a customer would leave the group that it has just entered.',
    ],
    [
      'loyalty: { rhythm: { from: 5 } }',
      'p.yaml:1:28: loyalty.rhythm.from must be less than loyalty.rhythm.to: between them rhythm falls from 1 to 0.',
    ],
    [
      'churn: { p2: 0.3 }',
      'p.yaml:1:14: churn.p1, churn.p2 and churn.p3 must not rise: the less probable a purchase, the higher the level.',
    ],
    [
      'churn:\n  overdue: 60\n',
      'p.yaml:2:12: churn.overdue comes after LOST (the longer of churn.lost.days and churn.lost.gaps) for every customer: nobody would ever be OVERDUE.',
    ],
    [
      'feedback: { csatMost: 3 }\nchurn: { negative: { csat: 3 } }',
      'p.yaml:2:28: churn.negative.csat must be less than feedback.csatMost: the best answer would be a negative one.',
    ],
    ['churn: { declining: { windowDays: 183 } }', 'p.yaml:1:35: churn.declining.windowDays must be at most 182, but is 183.'],
    ['churn: { disengaged: { windowDays: 121 } }', 'p.yaml:1:36: churn.disengaged.windowDays must be at most 120, but is 121.'],
    ['churn: { disengaged: { leastSends: 33 } }', 'p.yaml:1:36: churn.disengaged.leastSends must be at most 32, but is 33.'],
    ['churn: { support: { afterDays: 91 } }', 'p.yaml:1:32: churn.support.afterDays must be at most 90, but is 91.'],
    ['churn: { priceSensitive: { orders: 33 } }', 'p.yaml:1:36: churn.priceSensitive.orders must be at most 32, but is 33.'],
    ['lifetime: { gammaGamma: { q: 1 } }', 'p.yaml:1:30: lifetime.gammaGamma.q must be greater than 1, but is 1.'],
    ['lifetime: { gammaGamma: { v: 0.001 } }', 'p.yaml:1:30: lifetime.gammaGamma.v has more than the 2 decimals of the currency.'],
    ['channels: { web: FAX }', /^p\.yaml:1:18: channels\.web must be PERSONAL_ASSISTANCE, .* but is "FAX"\.$/],
    ['attributes: { 1st: [a] }', /^p\.yaml:1:\d+: attributes\.1st /],
    ['attributes: { plan: [a, a] }', /^p\.yaml:1:21: attributes\.plan must name each value once/],
    ['attributes: { plan: [5] }', 'p.yaml:1:22: attributes.plan.0 must be a text, but is 5.'],
    ['strategies: { NEW: [""] }', /^p\.yaml:1:21: strategies\.NEW\.0 must be at least 1 characters/],
    ['__proto__: { x: 1 }', 'p.yaml:1:1: __proto__ is not a setting of a policy.'],
    ['constructor: 1', 'p.yaml:1:1: constructor is not a setting of a policy.'],
  ])('%s', (text, expected) => {
    expect(faults(text)).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });

  test('thresholds of the level may be equal', () => {
    expect(faults('churn: { p1: 0.1, p2: 0.1, p3: 0.1 }')).toEqual([]);
  });

  test('each goal is reported at its own line, with what else is wrong', () => {
    const goal = { name: 'a', metric: 'orders', dimension: 'all', from: '2026-01-01', by: '2026-12-31', baseline: null, change: 1 };
    const goals = [goal, { ...goal, metric: 'joy' }, { ...goal, name: 'b', by: '2025-12-31' }].map((each) =>
      JSON.stringify({ ...each, kind: 'points', tolerance: 0 }),
    );
    expect(faults(`goals:\n${goals.map((each) => `  - ${each}`).join('\n')}`)).toEqual([
      expect.stringMatching(/^p\.yaml:3:13: goals\.1\.name must be a name of its own/),
      expect.stringMatching(/^p\.yaml:3:26: goals\.1\.metric must be a KPI: one of customers, /),
      expect.stringMatching(/^p\.yaml:4:78: goals\.2\.by must lie after from\.$/),
    ]);
    expect(faults('goals: [{ nam: x }]')).toContainEqual('p.yaml:1:11: goals.0.nam is not a setting of a policy. Did you mean name?');
    expect(faults('goals: [5]\nchurn: { p2: 0.3 }')).toEqual([
      'p.yaml:1:9: goals.0 must be a mapping, but is 5.',
      expect.stringContaining('must not rise'),
    ]);
  });

  test('weights that add up to nothing; those of components that are off do not count', () => {
    const zero = 'frequency: 0, rhythm: 0, feedback: 0, engagement: 0';
    expect(faults(`loyalty: { weights: { ${zero}, programme: 0, advocacy: 0 } }`)).toEqual([
      expect.stringMatching(/add up to more than 0/),
    ]);
    expect(faults(`loyalty: { weights: { ${zero} }, programme: { enabled: false }, advocacy: { enabled: false } }`)).toHaveLength(1);
    expect(faults(`loyalty: { weights: { ${zero} }, programme: { enabled: true } }`)).toEqual([]);
  });

  test('a value at fault is not also blamed for not fitting another', () => {
    expect(faults('loyalty: { leave: 400 }')).toEqual([expect.stringMatching(/at most 100/)]);
  });

  test('a channel in capitals is a fault: events are read in lower case, so it would never be met', () => {
    expect(faults('channels: { kiosk: SELF_SERVICE }')).toEqual([]);
    expect(faults('channels: { Kiosk: SELF_SERVICE }')).toEqual([expect.stringContaining('lower case')]);
  });

  // each fault: where it stands, how it is written, and what its message must name
  const FAULTS: readonly (readonly [path: string, value: string, names: string])[] = [
    ['preset', 'shop', 'preset must be'],
    ['currency', 'XQX', 'currency must be'],
    ['profileDays', '0', 'profileDays must be'],
    ['profilDays', '3', 'Did you mean profileDays'],
    ['feedback.csatMost', 'five', 'feedback.csatMost must be'],
    ['newCustomer.orders', '-1', 'newCustomer.orders must be'],
    ['newCustomer.leastDays', '366', 'newCustomer.leastDays must be'],
    ['value.high', 'much', 'value.high must be'],
    ['value.leave', '1.01', 'value.leave must be'],
    ['value.windowDay', '5', 'Did you mean windowDays'],
    ['loyalty.high', '101', 'loyalty.high must be'],
    ['loyalty.weights.rhythm', '-0.1', 'loyalty.weights.rhythm must be'],
    ['loyalty.weights.rythm', '0.1', 'Did you mean rhythm'],
    ['loyalty.rhythm.from', '0', 'loyalty.rhythm.from must be'],
    ['loyalty.engagement.leastSends', '0', 'loyalty.engagement.leastSends must be'],
    ['loyalty.programme.enabled', '1', 'loyalty.programme.enabled must be'],
  ];

  test('any combination of faults is reported whole, each at its own line', () => {
    fc.assert(
      fc.property(fc.subarray([...FAULTS], { minLength: 1 }), (chosen) => {
        const lines: string[] = [];
        const expected: string[] = [];
        const write = (entries: readonly (readonly [string[], string, string])[], indent: number): void => {
          const heads = [...new Set(entries.map(([path]) => path[0] ?? ''))];
          for (const head of heads) {
            const inside = entries.filter(([path]) => path[0] === head);
            const leaf = inside.find(([path]) => path.length === 1);
            lines.push(`${' '.repeat(indent)}${head}:${leaf ? ` ${leaf[1]}` : ''}`);
            if (leaf) expected.push(`p.yaml:${lines.length}:${indent + 1 + (leaf[2].startsWith('Did') ? 0 : head.length + 2)} ${leaf[2]}`);
            else
              write(
                inside.map(([path, value, names]) => [path.slice(1), value, names] as const),
                indent + 2,
              );
          }
        };
        write(
          chosen.map(([path, value, names]) => [path.split('.'), value, names] as const),
          0,
        );
        const found = faults(lines.join('\n'));
        expect(found).toHaveLength(expected.length);
        for (const wanted of expected) {
          const [where = '', ...names] = wanted.split(' ');
          expect(found.some((fault) => fault.startsWith(`${where}: `) && fault.includes(names.join(' ')))).toBe(true);
        }
      }),
    );
  });
});

test('amounts go to minor units and back, for every currency', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.constantFrom('USD', 'JPY', 'KWD', 'CLF'), (minor, currency) => {
      const digits = digitsOf(currency) ?? 0;
      expect(toMinor(toMajor(minor, digits), digits)).toBe(minor);
    }),
  );
});

test('the canonical text does not depend on the order of keys', () => {
  const reversed = Object.fromEntries(Object.entries(presets.retail).reverse());
  expect(identify(policySchema.parse(reversed)).hash).toBe(identify(presets.retail).hash);
});
