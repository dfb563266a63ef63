/**
 * JSON from outside, bounded: its size by the caller, its depth here, before anything is parsed. Pure. A `__proto__` in it stays an own
 * property, as JSON.parse makes it; only the fields of a schema are ever looked at. Of duplicate keys the last counts.
 */
import { type Dead, dead } from './decoded.ts';

const MOST_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Never the object itself: it could pretend to be a dead letter. */
export interface Parsed {
  readonly outcome: 'object';
  readonly value: object;
}

/** The object that the bytes are, or `not-json`. */
export function parseObject(bytes: Uint8Array): Parsed | Dead {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return dead('not-json', 'the value is not UTF-8');
  }
  return parseText(text);
}

/** The object that a text is, or `not-json`. */
export function parseText(text: string): Parsed | Dead {
  if (depth(text) > MOST_DEPTH) return dead('not-json', `the value is nested deeper than ${MOST_DEPTH}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be personal.
    return dead('not-json', 'the value is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return dead('not-json', 'the value is not an object');
  return { outcome: 'object', value };
}

/** How deep brackets nest outside strings; exact for JSON, and something for any other text. */
function depth(text: string): number {
  let open = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfString(text, i + 1);
        break;
      case 0x5b:
      case 0x7b:
        most = Math.max(most, ++open);
        break;
      case 0x5d:
      case 0x7d:
        open--;
        break;
    }
  }
  return most;
}

/** The index of the quote that ends a string. */
function endOfString(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i;
    if (code === 0x5c) i++;
  }
  return text.length;
}
