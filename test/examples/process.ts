/**
 * An example as a process, as its users start it: it sees the variables of its README and no other of rapport's. It never outlives this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { until } from '../../src/stack/until.ts';
import { atEnd } from '../../src/stack/watchdog.ts';

export class ExampleProcess {
  readonly #child: ChildProcess;
  /** exit code, or the signal that ended it */
  readonly ended: Promise<number | string>;
  stdout = '';
  stderr = '';

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = command;
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('RAPPORT_'));
    this.#child = spawn(program, args, { env: { ...Object.fromEntries(others), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    const { pid } = this.#child;
    const release = pid === undefined ? () => undefined : atEnd(['kill', '-KILL', `${pid}`]);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        release();
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  /** Whole lines so far. */
  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  /** Lines that are JSON objects. */
  get said(): Record<string, unknown>[] {
    return this.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  /** Waits until the condition holds; rejects at once, with what it said, when it ends before. */
  async until(what: string, seconds: number, holds: () => boolean): Promise<void> {
    const gone = new AbortController();
    void this.ended.then((code) => gone.abort(new Error(`it ended with ${code} before ${what}:\n${this.stdout}\n${this.stderr}`)));
    await until(what, seconds, async () => (holds() ? true : undefined), { signal: gone.signal }).catch((cause: unknown) => {
      throw gone.signal.aborted ? cause : new Error(`${what}: not within ${seconds} s:\n${this.stdout}\n${this.stderr}`, { cause });
    });
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | string> {
    this.#child.kill(signal);
    return this.ended;
  }
}
