/**
 * Runs a program to its end: the downloads and installations of the stack. It is killed when this process ends, unless told otherwise.
 */
import { spawn } from 'node:child_process';
import { atEnd, killGroup } from './watchdog.ts';

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** killed after this time; default 15 minutes */
  readonly seconds?: number;
  /** a package manager must not be killed half-way: it is left to come to its end by itself */
  readonly finishAlone?: boolean;
}

const OUTPUT_SHOWN = 3000;

/** Its output. Rejects with the end of its output when it fails, and with `ENOENT` as the cause's code when it does not exist. */
export function runTool(command: readonly string[], options: ToolOptions = {}): Promise<string> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const release = child.pid === undefined || options.finishAlone ? () => undefined : atEnd(killGroup(child.pid));
    const alarm = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), (options.seconds ?? 900) * 1000);
    let output = '';
    const collect = (bytes: Buffer): void => {
      output += bytes.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = (settle: () => void): void => {
      clearTimeout(alarm);
      release();
      settle();
    };
    child.on('error', (cause) => end(() => reject(new Error(`${program} could not be run`, { cause }))));
    child.on('close', (code, signal) =>
      end(() => {
        if (code === 0) resolve(output);
        else reject(new Error(`${command.join(' ')} failed (${signal ?? `exit code ${code}`}):\n${output.trim().slice(-OUTPUT_SHOWN)}`));
      }),
    );
  });
}

/** The output of a program that is allowed to be missing or to fail; null then. For asking whether something is there. */
export async function tryTool(command: readonly string[], options: ToolOptions = {}): Promise<string | null> {
  return runTool(command, options).catch(() => null);
}
