/**
 * The program as a process of its own, for tests of what happens when it is killed, frozen, told to stop. What it writes is kept; its log lines are
 * parsed. It never outlives this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../../src/stack/until.ts';
import { atEnd } from '../../src/stack/watchdog.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** One line of the program's log (pino). */
export interface Line {
  readonly level: number;
  readonly msg: string;
  /** ISO 8601 */
  readonly time: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  /** exit code, or the signal that ended it */
  readonly code: number | string;
  readonly stdout: string;
  /** everything but log lines */
  readonly stderr: string;
}

/** pino's number of `warn`; `error` and above are more */
const WARN = 40;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  #stdout = '';
  #stderr = '';
  /** the beginning of a line whose end has not come yet */
  #rest = '';
  /** resolves when it has ended and all it wrote has been read */
  readonly ended: Promise<Ended>;
  #over = false;

  /** @param env all the RAPPORT_ variables that it sees */
  constructor(env: Readonly<Record<string, string>>, args: readonly string[] = ['run']) {
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('RAPPORT_'));
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...Object.fromEntries(others), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = this.#child;
    const release = pid === undefined ? () => undefined : atEnd(['kill', '-KILL', `${pid}`]);
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.#stdout += bytes.toString('utf8');
    });
    this.#child.stderr?.on('data', (bytes: Buffer) => this.#read(bytes.toString('utf8')));
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        release();
        this.#read('\n');
        this.#over = true;
        resolve({ code: code ?? signal ?? 'unknown', stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
  get over(): boolean {
    return this.#over;
  }
  get stdout(): string {
    return this.#stdout;
  }
  /** everything but log lines, so far */
  get stderr(): string {
    return this.#stderr;
  }

  /** Log lines so far; those with this message if one is given. */
  lines(msg?: string): readonly Line[] {
    return msg === undefined ? this.#lines : this.#lines.filter((line) => line.msg === msg);
  }

  /** Log lines that ask for attention. */
  get warnings(): readonly Line[] {
    return this.#lines.filter(({ level }) => level >= WARN);
  }

  /** The shards that it holds, by its own account. */
  get shards(): readonly number[] {
    const held = new Set<number>();
    for (const { msg, shard } of this.#lines) {
      if (typeof shard !== 'number') continue;
      if (msg === 'shard taken over') held.add(shard);
      else if (msg === 'shard given away') held.delete(shard);
    }
    return [...held].sort((a, b) => a - b);
  }

  signal(which: NodeJS.Signals): void {
    this.#child.kill(which);
  }

  /**
   * SIGCONT until the system has said ten times in a row that it goes on: on a busy machine one in some hundred was found stopped a minute after its one SIGCONT,
   * and after it had been seen running, why is not known.
   */
  async thaw(): Promise<void> {
    let running = 0;
    await until('the process to go on', 10, async () => {
      this.signal('SIGCONT');
      const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '');
      running = / T /.test(stat) ? 0 : running + 1;
      return running === 10 ? true : undefined;
    });
  }

  /** `kill -9`, and waits until it has gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Waits until the condition holds; rejects at once, with what it said, when the process ends before. */
  async until(what: string, seconds: number, holds: (worker: WorkerProcess) => boolean): Promise<void> {
    const said = (): string => `${JSON.stringify(this.#lines.slice(-15), null, 1)}\n${this.#stderr}`;
    const gone = new AbortController();
    void this.ended.then(({ code }) => gone.abort(new Error(`the program ended with ${code} before ${what}:\n${said()}`)));
    await until(what, seconds, async () => (holds(this) ? true : undefined), { signal: gone.signal }).catch((cause: unknown) => {
      throw gone.signal.aborted ? cause : new Error(`${what}: not within ${seconds} s:\n${said()}`, { cause });
    });
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) this.#lines.push(JSON.parse(line));
      else if (line !== '') this.#stderr += `${line}\n`;
    }
  }
}
