/**
 * A real S3-compatible server on a free port of loopback, its objects in a scratch folder: versitygw,
 * which `tests/s3/setup.sh` installs. Stopped, and its folder removed, by `close`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { S3Settings } from '../../catalog/store/s3/s3-settings.ts';
import { makeScratch } from './open-engine.ts';

const installed = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), '.interop');
const versitygw = join(installed, 'bin', 'versitygw');

export const accessKeyId = 'test';
export const secretAccessKey = 'testtest';

export interface S3Server {
  readonly endpoint: string;
  /** Reach this server, or, given another endpoint, whatever passes requests on to it. */
  settings(endpoint?: string): S3Settings;
  makeBucket(name: string): void;
  /** Stops it at once, as a power cut does; `close` still has to be called. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/**
 * `false`, or why tests that need a server are left out. With CI=true its absence is a failure, unless
 * LEVEE_WITHOUT_S3 says why there is none.
 */
export function skipWithoutS3(): string | false {
  if (existsSync(versitygw)) return false;
  const given = process.env.LEVEE_WITHOUT_S3;
  if (given !== undefined) return `without an S3 server: ${given}`;
  const reason = 'needs an S3 server: tests/s3/setup.sh';
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

export async function startS3Server(): Promise<S3Server> {
  const { folder, remove } = await makeScratch();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const objects = join(folder, 'objects');
  mkdirSync(objects);
  const server = startVersitygw(port, objects);
  const log: Buffer[] = [];
  server.stdout?.on('data', (chunk: Buffer) => log.push(chunk));
  server.stderr?.on('data', (chunk: Buffer) => log.push(chunk));
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const kill = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
  };
  try {
    await whenReady(endpoint, server);
  } catch (error) {
    await kill();
    throw new Error(`the S3 server did not start: ${Buffer.concat(log).toString()}`, {
      cause: error,
    });
  }
  return {
    endpoint,
    settings: (other = endpoint) => ({
      endpoint: other,
      region: 'us-east-1',
      pathStyle: true,
      accessKeyId,
      secretAccessKey,
    }),
    makeBucket: (name) => void mkdirSync(join(objects, name)),
    kill,
    close: async () => {
      await kill();
      await remove();
    },
  };
}

function startVersitygw(port: number, objects: string): ChildProcess {
  return spawn(versitygw, [
    ...['--access', accessKeyId, '--secret', secretAccessKey],
    ...['--port', `127.0.0.1:${port}`, '--quiet', 'posix', objects],
  ]);
}

async function whenReady(endpoint: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(2000) });
      return;
    } catch (error) {
      if (tries === 300 || server.exitCode !== null) throw error;
    }
    await sleep(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
