/**
 * The sentiment of a comment: one number, made where the event is decoded; the words go no further. Same words, same number.
 * Boundary: the only file that knows the package `sentiment` (AFINN-165 words and emoji, each −5 to 5, negated by a "not" before them).
 *
 * The language is told by function words, in a table below, and is English when none is found: comments are often two words long. A
 * language detector was tried and left out: `eld/small` takes 160 MB and 0.4 s of every process, `eld/extrasmall` 90 MB and 0.2 s, and
 * they hold "ok" for Polish and "Terrible" for Catalan; this takes 5 MB and 15 ms in all.
 */
import Sentiment from 'sentiment';

/** UTF-16 units of a comment that are read. */
const MOST_READ = 1_000;
/** Of these the first that the language is told by. */
const MOST_TOLD = 400;
/** With it a single strong word (3) gives 0.61; that of VADER (Hutto and Gilbert 2014). */
const SOFTENING = 15;

export interface Language {
  /** words that tell it from English, lower case: articles, pronouns and what else every sentence has */
  readonly marks: readonly string[];
  /** words by how good they are, −5 to 5, lower case; null: it is told apart, and not understood */
  readonly scores: Readonly<Record<string, number>> | null;
}

const analyzer = new Sentiment();
const understood = new Set(['en']);
/** The languages in which a word is a mark. */
const marked = new Map<string, Set<string>>();

/**
 * Adds a language to those that are told apart, under a code of its own; with scores its comments count. To be called before the first
 * record is decoded and with the same words in every worker: the numbers are part of what is replayed.
 */
export function registerLanguage(code: string, { marks, scores }: Language): void {
  for (const mark of marks) marked.set(mark, (marked.get(mark) ?? new Set()).add(code));
  if (scores === null) return;
  analyzer.registerLanguage(code, { labels: { ...scores } });
  understood.add(code);
}

// Words that English has too stand in both lines, or are so rare in it that a sentence with them has English marks as well ("die", "war").
const MARKS: Readonly<Record<string, string>> = {
  en: 'the a an and or but of to for with is are was were be been it its this that i you he she we they my your our their not no have has had do does did will would so very too',
  de: 'der die das den dem des ein eine einen einem und oder aber nicht kein keine ist sind war waren ich du wir ihr mein meine mit für auf von zu zum zur im sehr auch noch nur wie schon leider gut gute schlecht danke',
  fr: 'le la les un une des du et ou mais ne pas est sont était je tu il elle nous vous mon ma mes avec pour dans sur au aux très trop bien merci ce cette qui que',
  es: 'el la los las un una y o pero no es son yo muy con para por en del al mi mis lo le que gracias bien buen bueno buena malo mala más está',
  it: 'il lo la gli le un una o ma è sono io mio mia con di del della che molto anche grazie bene buono buona questo',
  pt: 'o a os um uma ou mas não é são eu meu minha com para por em do da no na que muito também obrigado obrigada bom boa',
  nl: 'de het een en of maar niet geen is zijn was ik jij wij mijn met voor op naar zeer erg ook goed goede slecht dank bedankt',
  pl: 'i w na nie jest są był ja mój z do od się to że bardzo dobrze dobry dziękuję',
  sv: 'och att det den en ett är inte jag vi min med för på av till mycket också',
};
for (const [code, marks] of Object.entries(MARKS)) registerLanguage(code, { marks: marks.split(' '), scores: null });

/**
 * −1 to 1: s / √(s² + 15), s being the sum of the scores of the words of the first 1,000 characters. Null for no comment, one in a
 * language that is not understood, and one without a word that has a score: it says nothing, which is not the same as neutral.
 */
export function sentimentOf(comment: string | null): number | null {
  if (comment === null) return null;
  // Typographic apostrophes, and the mark behind an emoji that asks for its coloured form, are none in the word lists.
  const text = comment.slice(0, MOST_READ).replaceAll('\u2019', "'").replaceAll('\uFE0F', '');
  const language = languageOf(text.slice(0, MOST_TOLD));
  if (language === null || !understood.has(language)) return null;
  const { score, words } = analyzer.analyze(text, { language });
  return words.length === 0 ? null : score / Math.sqrt(score * score + SOFTENING);
}

/** The language with the most marks, English when none has more; null when that is written with a third of its letters in another script. */
function languageOf(text: string): string | null {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[\p{L}']+/gu) ?? [])
    for (const code of marked.get(word) ?? []) counts.set(code, (counts.get(code) ?? 0) + 1);
  let best = 'en';
  for (const [code, count] of counts) if (count > (counts.get(best) ?? 0)) best = code;
  if (best !== 'en') return best;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return letters * 2 > latin * 3 ? null : best;
}
