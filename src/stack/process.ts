/**
 * A server as a child process, with the handles that fault tests need: kill, freeze, thaw, restart on the same data.
 * Boundary: knows nothing of what it runs. It never outlives this process (watchdog.ts), and sits in a session of its own, so that Ctrl-C
 * in a terminal reaches only this process, which can then finish its work before it stops its servers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Resource } from './resource.ts';
import { until } from './until.ts';
import { atEnd, killGroup } from './watchdog.ts';

export type Log = (line: string) => void;

export interface ServerSpec {
  /** as people call it, e.g. `Kafka broker 1` */
  readonly name: string;
  /** where its clients connect, on 127.0.0.1 */
  readonly port: number;
  readonly command: readonly string[];
  /** its working folder; its output goes to `<folder>/<log>` */
  readonly folder: string;
  readonly logFile: string;
  /** resolves to true when it serves; may throw until then */
  readonly ready: () => Promise<boolean>;
  readonly log: Log;
}

export interface Server {
  readonly name: string;
  readonly port: number;
  /** null while it is not running */
  readonly pid: number | null;
  /** `kill -9`, and waits until it has gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** Kills it if it runs, starts it again on the same port and data, and waits until it serves. */
  restart(): Promise<void>;
}

const READY_SECONDS = 90;
const TAIL_LINES = 25;

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<void>;
}

/** Starts it and waits until it is ready. Rejects with the tail of its log when it ends or is not ready within 90 s. */
export async function startServer(spec: ServerSpec): Promise<Resource<Server>> {
  let running: Running | null = null;
  let serving = false;

  const launch = async (): Promise<void> => {
    const gone = new AbortController();
    const started = spawnServer(spec);
    running = started;
    started.child.on('exit', (code, signal) => {
      if (running === started) running = null;
      const how = new Error(`${spec.name} ended by itself (${signal ?? `exit code ${code}`})`);
      gone.abort(how);
      if (serving) spec.log(`${how.message}; the end of its log:\n${tail(spec)}`);
    });
    try {
      await until(`${spec.name} to be ready`, READY_SECONDS, async () => ((await spec.ready()) ? true : undefined), {
        signal: gone.signal,
      });
      serving = true;
    } catch (cause) {
      await kill();
      throw new Error(`${spec.name} did not start; the end of its log:\n${tail(spec)}`, { cause });
    }
  };
  const kill = async (): Promise<void> => {
    serving = false;
    if (running === null) return;
    const { child, ended } = running;
    child.kill('SIGKILL');
    await ended;
  };
  const signal = (which: NodeJS.Signals): void => {
    if (running === null) throw new Error(`${spec.name} is not running`);
    running.child.kill(which);
  };

  await launch();
  const value: Server = {
    name: spec.name,
    port: spec.port,
    get pid() {
      return running?.pid ?? null;
    },
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    restart: async () => {
      await kill();
      await launch();
    },
  };
  return { value, stop: kill };
}

/**
 * The child first waits for a line on its standard input, which comes when the watchdog knows its number; only then it becomes the server.
 * So there is no instant at which this process could die and leave it behind.
 */
function spawnServer(spec: ServerSpec): Running {
  const output = openSync(`${spec.folder}/${spec.logFile}`, 'a');
  const child = spawn('/bin/sh', ['-c', 'read -r go && exec "$@" </dev/null', 'sh', ...spec.command], {
    cwd: spec.folder,
    detached: true,
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${spec.name} could not be started: no /bin/sh`);
  const release = atEnd(killGroup(pid));
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => {
      release();
      resolve();
    });
  });
  // A child killed before it has read its line closes the pipe; its exit is what gets reported.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end('go\n');
  return { child, pid, ended };
}

function tail(spec: ServerSpec): string {
  return readFileSync(`${spec.folder}/${spec.logFile}`, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}
