/** Progress on stderr, one line at a time. */
export const say = (line: string): void => {
  process.stderr.write(`bench: ${line}\n`);
};
