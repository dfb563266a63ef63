/**
 * Clean-up that happens however this process ends: by itself, by a signal, by `kill -9`.
 * A small shell in a session of its own reads a pipe from this process. When the pipe closes, which the kernel does at any end, it runs
 * the clean-up commands that are still registered, the newest first. So nothing here needs a signal handler, and no child outlives its parent.
 */
import { type ChildProcess, spawn } from 'node:child_process';

// Entries are the shell's positional parameters: the one list that plain sh can keep with any character inside.
const SCRIPT = `
trap '' INT TERM HUP
while IFS= read -r line; do
  entry=\${line#?}
  case $line in
    +*) set -- "$entry" "$@" ;;
    -*) for each do shift; [ "$each" = "$entry" ] || set -- "$@" "$each"; done ;;
  esac
done
for each do eval "$each"; done
`;

let watchdog: ChildProcess | undefined;
const registered = new Set<string>();

/** Runs the command at the end of this process, unless the returned function is called before. Same text, same entry. */
export function atEnd(command: readonly string[]): () => void {
  const entry = command.map(quoted).join(' ');
  if (entry.includes('\n')) throw new Error('a clean-up command is one line');
  watchdog ??= startWatchdog();
  const keeper = watchdog;
  registered.add(entry);
  keeper.stdin?.write(`+${entry}\n`);
  return () => {
    if (!registered.delete(entry)) return;
    keeper.stdin?.write(`-${entry}\n`);
    if (registered.size > 0) return;
    keeper.stdin?.end();
    watchdog = undefined;
  };
}

/** `kill -9` for a whole process group. */
export const killGroup = (pid: number): readonly string[] => ['kill', '-KILL', `-${pid}`];

/** Removes a folder; again after a second, if a process just killed was still writing into it. */
export const removeFolder = (path: string): readonly string[] => ['sh', '-c', 'rm -rf "$1" || { sleep 1; rm -rf "$1"; }', 'sh', path];

function startWatchdog(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  child.on('error', (error) => {
    throw new Error('rapport needs /bin/sh to look after its child processes', { cause: error });
  });
  // A watchdog that someone has killed protects no longer, which is no reason to end the work of this process.
  child.stdin?.on('error', () => undefined);
  // It must not keep this process alive: it is there for the time after.
  child.unref();
  if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
