/** From lines to purchase days: CSV, refunds, cancellations, the end of the calibration. */
import { describe, expect, test } from 'vitest';
import { csvReader } from '../../src/model/csv.ts';
import { History, summarise } from '../../src/model/history.ts';
import { dayNumber } from './support.ts';

describe('CSV', () => {
  const row = (header: string, line: string): unknown => {
    const read = csvReader(header, 2);
    return typeof read === 'string' ? read : read(line);
  };

  test('columns stand in any order among others, quoted or not; a date may have a time', () => {
    const expected = { customer: 'a, "b"', day: dayNumber('2025-03-01'), amount: 1_990 };
    expect(row('customer_id,date,amount', '"a, ""b""",2025-03-01,19.90')).toEqual(expected);
    expect(row('\uFEFFAmount,"note",DATE, customer_id ', '19.9,"x,y",2025-03-02T00:30:00+01:00,"a, ""b"""')).toEqual(expected);
    expect(row('customer_id,date,amount', 'x,2025-03-01,-0.05')).toMatchObject({ amount: -5 });
    expect(row('customer_id,date,amount', 'x,2025-03-01,0')).toMatchObject({ amount: 0 });
  });

  test.each([
    ['customer,date,amount', '', /header lacks customer_id: begin/],
    ['customer_id,date,amount', 'secret,2025-03-01', /2 fields and 3 columns/],
    ['customer_id,date,amount', 'secret,2025-03-01,1,90', /4 fields and 3 columns.*comma/],
    ['customer_id,date,amount', '"secret,2025-03-01,1', /quote is not closed/],
    ['customer_id,date,amount', 'se"cret,2025-03-01,1', /quote/],
    ['customer_id,date,amount', ',2025-03-01,1', /customer_id is empty/],
    ['customer_id,date,amount', 'secret,01.03.2025,1', /date is no date: write/],
    ['customer_id,date,amount', 'secret,2025-02-30,1', /date is no date/],
    ['customer_id,date,amount', 'secret,1969-12-31,1', /date is no date/],
    ['customer_id,date,amount', 'secret,2025-03-01,$1', /amount is no amount: write/],
    ['customer_id,date,amount', 'secret,2025-03-01,1e400', /amount is no amount/],
    ['customer_id,date,amount', 'secret,2025-03-01,', /amount is no amount/],
  ])('%s / %s: says what is wrong, never the value', (header, line, message) => {
    expect(row(header, line)).toMatch(message);
    expect(row(header, line)).not.toContain('secret');
  });
});

describe('a history', () => {
  const day = dayNumber('2025-01-01');

  test('purchases of one day are one, in whatever order they come; an order id counts once', () => {
    const history = new History();
    history.order('a', 2, day + 9, 500);
    history.order('a', 1, day, 100);
    history.order('a', 3, day + 9, 250);
    history.order('a', 1, day, 100);
    history.order('b', 1, day, 700);
    expect(history.purchaseDays()).toEqual([
      [
        { day, amount: 100 },
        { day: day + 9, amount: 750 },
      ],
      [{ day, amount: 700 }],
    ]);
  });

  test('a cancellation takes its order back, once and also when it comes first; a refund only money', () => {
    const history = new History();
    const back = { customer: 'a', ordered: null };
    history.takeBack({ ...back, order: 2, kind: 'CANCELLATION', day: day + 5, amount: 500 });
    history.takeBack({ ...back, order: 2, kind: 'CANCELLATION', day: day + 6, amount: 500 });
    history.takeBack({ ...back, order: 1, kind: 'REFUND', day: day + 50, amount: 30 });
    history.takeBack({ ...back, order: 9, kind: 'REFUND', day: day + 1, amount: 7 });
    history.takeBack({ ...back, order: 9, kind: 'CANCELLATION', day: day + 1, amount: 7 });
    history.takeBack({ ...back, order: 8, kind: 'CANCELLATION', day: day + 60, amount: 20, ordered: day + 3 });
    history.takeBack({ ...back, customer: 'b', order: 1, kind: 'REFUND', day, amount: 7 });
    history.order('a', 1, day, 100);
    history.order('a', 2, day + 1, 500);
    history.order('a', 3, day + 1, 40);
    history.order('a', 4, day + 3, 20);
    history.order('c', 5, day, 20);
    history.takeBack({ customer: 'c', order: 5, kind: 'CANCELLATION', day, amount: 20, ordered: null });
    expect(history.purchaseDays()).toEqual([
      [
        { day, amount: 70 },
        { day: day + 1, amount: 33 },
      ],
    ]);
  });

  test('the calibration includes its last day; who comes later is not in it', () => {
    const days = (...list: number[]): { day: number; amount: number }[] =>
      list.map((at, i) => ({ day: day + at, amount: i === 1 ? 0 : 100 * (i + 1) }));
    expect(summarise([days(0, 10, 20, 30, 41), days(30), days(31)], day + 30)).toEqual([
      { x: 3, tx: 30, T: 30, paidDays: 2, mean: 350, later: 1, next: 11 },
      { x: 0, tx: 0, T: 0, paidDays: 0, mean: null, later: 0, next: null },
    ]);
  });
});
