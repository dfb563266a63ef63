/** For tests of what happens when a whole process ends: a script in a Node of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** the first line on its stdout; rejects with its stderr when it ends without one */
  readonly firstLine: Promise<string>;
  /** exit code, or the signal that ended it */
  readonly ended: Promise<number | string>;
  readonly stderr: () => string;
}

/** Runs the module text, in which `{{src}}` is the URL of src/. */
export function startScript(text: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const src = pathToFileURL(`${import.meta.dirname}/../../src`).href;
  const script = text.replaceAll('{{src}}', src);
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('utf8');
  });
  const ended = new Promise<number | string>((resolve) => child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString('utf8');
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    child.on('close', () => reject(new Error(`it ended without a line: ${stderr}`)));
  });
  firstLine.catch(() => undefined); // not every test asks for it
  return { process: child, firstLine, ended, stderr: () => stderr };
}

/** A killed process that its new parent has not collected yet does no longer run. */
export function runs(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false; // ps fails when there is no such process
  }
}
