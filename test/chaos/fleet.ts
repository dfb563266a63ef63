/**
 * The workers of a run, as an orchestrator would keep them: one that ends by itself is remembered (V10) and replaced. What a trouble ends on purpose is not held against it.
 */
import type { Evidence } from '../checker/evidence.ts';
import type { Application } from '../support/application.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

export interface Member {
  readonly name: string;
  readonly process: WorkerProcess;
  /** its end has been asked for */
  asked: boolean;
}

/** pino's number of `info` */
const INFO = 30;
/** A pod's time to end after SIGTERM, before it is killed. */
const GRACE_MS = 30_000;
/** A worker that cannot run is not started for ever. */
const REPLACEMENTS = 12;

export class Fleet {
  readonly #app: Application;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #say: (what: string) => void;
  readonly #all: Member[] = [];
  readonly #ends: Evidence['ends'][number][] = [];
  #replaced = 0;
  #closed = false;

  /** @param environment of every worker @param say a line for the history */
  constructor(app: Application, environment: Readonly<Record<string, string>>, say: (what: string) => void) {
    this.#app = app;
    this.#environment = environment;
    this.#say = say;
  }

  /** Those that have not been asked to end and live. */
  get living(): readonly Member[] {
    return this.#all.filter(({ asked, process }) => !asked && !process.over);
  }
  /** All there have been, the dead too. */
  get all(): readonly Member[] {
    return this.#all;
  }
  get ends(): readonly Evidence['ends'][number][] {
    return this.#ends;
  }

  start(environment: Readonly<Record<string, string>> = {}): Member {
    const process = this.#app.start(['run'], { ...this.#environment, ...environment });
    const member: Member = { name: `worker ${this.#all.length + 1}`, process, asked: false };
    this.#all.push(member);
    void process.ended.then(({ code }) => {
      if (member.asked) return;
      this.#say(`${member.name} ended by itself with ${code}`);
      this.#ends.push({ worker: member.name, code, said: saidOf(member), expected: null });
      if (this.#closed || this.#replaced >= REPLACEMENTS) return;
      this.#replaced += 1;
      this.start();
    });
    return member;
  }

  /** `kill -9` */
  async kill(member: Member): Promise<void> {
    member.asked = true;
    await member.process.kill();
  }

  /** SIGTERM, and waits for its end, which must be an orderly one; killed when it takes longer than an orchestrator waits. */
  async end(member: Member): Promise<void> {
    member.asked = true;
    member.process.signal('SIGTERM');
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#say(`${member.name} did not end within ${GRACE_MS} ms of SIGTERM and was killed`);
      member.process.signal('SIGKILL');
    }, GRACE_MS);
    const { code } = await member.process.ended;
    clearTimeout(timer);
    // One that had not yet begun knows no other end than the signal's own.
    const begun = member.process.lines('shard taken over').length > 0;
    if (late || (code !== 0 && code !== 'SIGKILL' && (code !== 'SIGTERM' || begun))) {
      this.#say(`${member.name} ended with ${code} when it was told to stop`);
      this.#ends.push({ worker: member.name, code, said: saidOf(member), expected: null });
    }
  }

  /** Starts one that must not run: it ends by itself and says why. */
  async refused(name: string, environment: Readonly<Record<string, string>>, expected: RegExp): Promise<void> {
    const process = this.#app.start(['run'], { ...this.#environment, ...environment });
    const member: Member = { name, process, asked: true };
    this.#all.push(member);
    const timer = setTimeout(() => process.signal('SIGKILL'), GRACE_MS);
    const { code } = await process.ended;
    clearTimeout(timer);
    this.#ends.push({ worker: name, code, said: saidOf(member), expected });
  }

  /** Ends all in order; none is replaced from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { process } of this.living) await process.thaw();
    await Promise.all(this.living.map((member) => this.end(member)));
  }
}

/** The end of its log, then what it wrote beside it: why it ended. */
function saidOf({ process }: Member): string {
  const lines = process
    .lines()
    .filter(({ level }) => level >= INFO)
    .slice(-5)
    .map((line) => JSON.stringify(line));
  return [...lines, process.stderr].join('\n').trim();
}
