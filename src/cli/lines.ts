/**
 * Lines of a stream of bytes, numbered from 1, in bounded memory: a line that is too long is passed over, not held.
 */
export type Line =
  | { readonly number: number; readonly text: string; readonly fault: null }
  | { readonly number: number; readonly text: null; readonly fault: string };

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The lines that each chunk completes; blank ones are left out but counted. A last line may lack its newline. */
export async function* readLines(chunks: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<readonly Line[]> {
  let number = 0;
  let begun: Buffer[] = [];
  let bytes = 0;
  const add = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes <= mostBytes) begun.push(piece);
    else begun = [];
  };
  const finish = (): Line | null => {
    number += 1;
    const line = lineOf(number, bytes > mostBytes ? null : Buffer.concat(begun), mostBytes);
    begun = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      const line = finish();
      if (line !== null) lines.push(line);
      from = end + 1;
    }
    add(chunk.subarray(from));
    yield lines;
  }
  const last = bytes > 0 ? finish() : null;
  if (last !== null) yield [last];
}

/** Null for a blank line; `bytes` is null when there were too many. */
function lineOf(number: number, bytes: Buffer | null, mostBytes: number): Line | null {
  if (bytes === null) return { number, text: null, fault: `the line is longer than ${mostBytes} bytes` };
  let text: string;
  try {
    text = utf8.decode(bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes);
  } catch {
    return { number, text: null, fault: 'the line is not UTF-8' };
  }
  return text.trim() === '' ? null : { number, text, fault: null };
}
