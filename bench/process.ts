/**
 * A peer as a process: started, watched until it is ready, stopped; it never outlives this process. What it writes is kept, for the day it dies.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { atEnd } from '../src/stack/watchdog.ts';

/** a file to which all output of all peers is appended, for the day one does what it should not */
const OUTPUT = process.env.RAPPORT_BENCH_OUTPUT;
const TAIL_LINES = 40;
const READY_MS = 180_000;
const STOP_MS = 30_000;

export interface PeerProcess {
  readonly pid: number;
  /** when the line came that says that it processes (`performance.now`) */
  readonly readyAt: number;
  /** rejects when it ends before it was told to */
  readonly died: Promise<never>;
  /** lines that it was to keep, each with when it came (`performance.now`), from its start on */
  readonly kept: readonly Kept[];
  /** SIGTERM, and SIGKILL if that is not enough. */
  stop(): Promise<void>;
  /** `kill -9` */
  kill(): Promise<void>;
}

export interface Kept {
  readonly at: number;
  readonly line: string;
}

export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** whether this line of its output says that it processes */
  readonly isReady: (line: string) => boolean;
  /** which lines are kept; default: none */
  readonly keeps?: (line: string) => boolean;
}

/** Resolves when it is ready. Rejects, with the end of what it wrote, when it ends before or takes more than three minutes. */
export async function startProcess({ name, command, environment, isReady, keeps = () => false }: ProcessSpec): Promise<PeerProcess> {
  const [program = '', ...args] = command;
  const others = Object.entries(process.env).filter(([variable]) => !variable.startsWith('RAPPORT_'));
  const child = spawn(program, args, { env: { ...Object.fromEntries(others), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} cannot be started: is there a program ${program}?`);
  const release = atEnd(['kill', '-KILL', `${pid}`]);
  const tail: string[] = [];
  const kept: Kept[] = [];
  const { promise: ready, resolve: isThere } = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        tail.push(line);
        if (OUTPUT !== undefined) appendFileSync(OUTPUT, `${name}: ${line}\n`);
        if (tail.length > TAIL_LINES) tail.shift();
        if (keeps(line)) kept.push({ at: performance.now(), line });
        if (isReady(line)) isThere(performance.now());
      }
    });
  }
  let asked = false;
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      release();
      resolve(`exit ${code ?? signal}`);
    });
  });
  const died = new Promise<never>((_, reject) => {
    void ended.then((how) => {
      if (!asked) reject(new Error(`${name} ended by itself (${how}); the end of what it wrote:\n${tail.join('\n')}`));
    });
  });
  died.catch(() => undefined);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    asked = true;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), READY_MS);
  const tooLate = new Promise<never>((_, reject) => {
    late.signal.addEventListener('abort', () =>
      reject(new Error(`${name} did not say that it processes; the end of what it wrote:\n${tail.join('\n')}`)),
    );
  });
  try {
    const readyAt = await Promise.race([ready, died, tooLate]);
    return { pid, readyAt, died, kept, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
