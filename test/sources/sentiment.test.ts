import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registerLanguage, sentimentOf } from '../../src/sources/sentiment.ts';

describe('the sign of a sentence is its sense', () => {
  test.each([
    'Great service, thank you!',
    'Love it. Fast and friendly.',
    'Exactly what I wanted, perfect.',
    'The best shop I know',
    'I am very happy with the quality',
    'Not bad at all',
    'GREAT!!!',
    '👍',
    'Great ❤️',
  ])('good: %s', (comment) => {
    expect(sentimentOf(comment)).toBeGreaterThan(0.3);
  });

  test.each([
    'Very disappointed.',
    'Terrible. I waited a week for an answer.',
    'Bad quality, a waste of money.',
    'I am angry and frustrated',
    'The worst delivery ever',
    'Not good',
    'I don’t like it',
    'It was broken, and nobody answered. Awful.',
    'Awful 😡',
  ])('bad: %s', (comment) => {
    expect(sentimentOf(comment)).toBeLessThan(-0.3);
  });

  test('stronger words and more of them say more', () => {
    const rising = ['Terrible, awful, the worst', 'Terrible', 'Good', 'Great', 'Great, perfect, the best'].map(sentimentOf);
    expect(rising).toEqual(rising.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(rising).not.toContain(null);
  });

  test('good and bad words that weigh the same are neutral, which is not the same as none', () => {
    expect(sentimentOf('good but bad')).toBe(0);
    expect(sentimentOf('the parcel')).toBeNull();
  });
});

describe('languages', () => {
  test.each([
    ['German', 'Die Lieferung war leider nicht gut, super schlecht.'],
    ['French', 'Le service est super mais la livraison est très longue.'],
    ['Spanish', 'El producto es fatal pero muy original.'],
    ['Italian', 'Il prodotto è perfetto, grazie, molto original.'],
    ['Portuguese', 'O produto é fatal, muito original, obrigado.'],
    ['Dutch', 'Het product is fatal en de service is niet goed.'],
    ['Polish', 'Produkt jest super i bardzo dobry.'],
    ['Swedish', 'Det är super och jag är mycket original.'],
    ['Russian', 'Отличный сервис, super!'],
    ['Japanese', 'とても良い super'],
    ['Arabic', 'خدمة ممتازة super'],
  ])('%s is not taken for English, though it has words of the list', (_, comment) => {
    expect(sentimentOf(comment)).toBeNull();
  });

  test('a few words without marks of a language are English', () => {
    for (const comment of ['Terrible', 'ok, nice', 'Super!']) expect(sentimentOf(comment)).not.toBeNull();
  });

  test('a language that is registered with scores counts, one without is told apart', () => {
    expect(sentimentOf('tlhab qaq super')).not.toBeNull();
    registerLanguage('x-one', { marks: ['tlhab'], scores: { qaq: 3, qab: -4 } });
    registerLanguage('x-cyrillic', { marks: ['очень'], scores: { хорошо: 3 } });
    expect(sentimentOf('Очень хорошо!')).toBeCloseTo(3 / Math.sqrt(24));
    registerLanguage('x-two', { marks: ['vulca'], scores: null });
    expect(sentimentOf('tlhab qaq super')).toBeCloseTo(3 / Math.sqrt(24));
    expect(sentimentOf('tlhab qab')).toBeLessThan(-0.3);
    expect(sentimentOf('vulca super')).toBeNull();
    expect(sentimentOf('super')).toBeGreaterThan(0);
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    'good',
    'bad',
    'terrible',
    'superb',
    'not',
    'very',
    'constructor',
    '__proto__',
    'toString',
    '😡',
    '❤️',
    'Zürich',
    '.',
    '’',
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 400 }).map((all) => all.join(' ')),
  );

  test('gives a number from −1 to 1, or none; the same each time', () => {
    fc.assert(
      fc.property(text, (comment) => {
        const sentiment = sentimentOf(comment);
        expect(sentimentOf(comment)).toBe(sentiment);
        if (sentiment === null) return;
        expect(Math.abs(sentiment)).toBeLessThanOrEqual(1);
        expect(Object.is(sentiment, -0)).toBe(false);
      }),
    );
  });

  test('is read for its first 1,000 characters', () => {
    const start = 'It is good. '.padEnd(1_000, '. ');
    expect(sentimentOf(start + ' terrible'.repeat(1_000_000))).toBe(sentimentOf('It is good.'));
  });
});
