/** A progress line on stderr: rewritten in place on a terminal, every few seconds elsewhere. */
const PACE_TERMINAL = 100;
const PACE_FILE = 5_000;

export class Progress {
  readonly #what: string;
  readonly #say: (line: string) => void;
  readonly #terminal = process.stderr.isTTY === true;
  readonly #began = performance.now();
  #shown = performance.now();

  constructor(what: string, say: (line: string) => void) {
    this.#what = what;
    this.#say = say;
  }

  /** Cheap when it is not yet time; the text is told the seconds since the beginning. */
  show(text: (seconds: number) => string): void {
    const now = performance.now();
    if (now - this.#shown < (this.#terminal ? PACE_TERMINAL : PACE_FILE)) return;
    this.#shown = now;
    const line = `${this.#what}: ${text((now - this.#began) / 1_000)}`;
    if (this.#terminal) process.stderr.write(`\r\u001b[2K${line}`);
    else this.#say(line);
  }

  done(text: string): void {
    if (this.#terminal) process.stderr.write('\r\u001b[2K');
    this.#say(`${this.#what}: ${text} (${((performance.now() - this.#began) / 1_000).toFixed(1)} s)`);
  }
}
