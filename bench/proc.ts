/**
 * What a process has used, by Linux's own account in /proc.
 */
import { readFile } from 'node:fs/promises';

/** Clock ticks a second of /proc/PID/stat: 100 on every Linux that Node runs on (USER_HZ). */
const TICKS = 100;

/** User and system CPU seconds of all its threads so far. Rejects when it is gone. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything: state is the first field, utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The most memory that it has held at once (VmHWM), bytes. */
export const peakMemory = (pid: number): Promise<number> => statusOf(pid, 'VmHWM');

async function statusOf(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const found = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1];
  if (found === undefined) throw new Error(`process ${pid} has no ${field}: it is gone`);
  return Number(found) * 1024;
}
