/**
 * A process of its own with the whole engine, which runs statements that come as lines of JSON and says
 * when each is done: `statement-process.ts` is the other end. It is made to be killed.
 *
 *     node --import tsx statement-child.ts WAREHOUSE [NUMBER before|after]
 *
 * With a number it kills itself, with SIGKILL, at that call which changes the disk, before it or after.
 * DuckDB's own writing of data files is not counted: for that it has to be killed from outside.
 */
import { writeSync } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { FileSystem } from '../../catalog/store/durable-write.ts';
import { createLocalStore } from '../../catalog/store/local-store.ts';
import { openParts } from '../../server/open-parts.ts';
import { engineClient, newSession, SqlFailure } from './sql-client.ts';
import type { ChildReply, ChildRequest } from './statement-process.ts';
import { testConfig } from './test-server.ts';

const [warehouse = '', dieAt, when] = process.argv.slice(2);
const store = createLocalStore(
  dieAt === undefined ? {} : { fs: mortalFileSystem(Number(dieAt), when === 'after') },
);
const { engine, snapshots } = await openParts(testConfig({ config: { warehouse } }), { store });
const session = newSession();
session.checkVacuumRetention = false;
const client = engineClient(engine, session);
say({ id: 0, rows: [] });

const running = new Set<Promise<void>>();
for await (const line of createInterface(process.stdin)) {
  const answer = run(JSON.parse(line) as ChildRequest).then(say);
  running.add(answer);
  void answer.finally(() => running.delete(answer));
}
await Promise.all(running);
await engine.close();

async function run(request: ChildRequest): Promise<ChildReply> {
  const { id } = request;
  try {
    const { rows } = await client.run({ sql: request.sql, dialect: request.dialect });
    if (request.table === undefined) return { id, rows };
    const location = `${warehouse}/default/${request.table}`;
    return { id, rows, version: (await snapshots?.latest(location))?.version };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof SqlFailure)) return { id, failure: { code: '', sqlState: '', message } };
    const { code, sqlState, hint } = error;
    return { id, failure: { code, sqlState, message, hint } };
  }
}

/** At once, and not when the event loop gets to it: what is said is acknowledged. */
function say(reply: ChildReply): void {
  const bytes = Buffer.from(`${JSON.stringify(reply)}\n`);
  for (let start = 0; start < bytes.length;) {
    try {
      start += writeSync(1, bytes, start);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function mortalFileSystem(dieAtCall: number, isAfter: boolean): FileSystem {
  let calls = 0;
  async function step<T>(call: () => Promise<T>): Promise<T> {
    const isLast = calls++ === dieAtCall;
    if (isLast && !isAfter) process.kill(process.pid, 'SIGKILL');
    const result = await call();
    if (isLast && isAfter) process.kill(process.pid, 'SIGKILL');
    return result;
  }
  return {
    ...nodeFs,
    link: (from, to) => step(() => nodeFs.link(from, to)),
    rename: (from, to) => step(() => nodeFs.rename(from, to)),
    unlink: (path) => step(() => nodeFs.unlink(path)),
    mkdir: ((path: string) => step(() => nodeFs.mkdir(path))) as FileSystem['mkdir'],
    async open(path, flags, mode) {
      const handle = await nodeFs.open(path, flags, mode);
      const writeFile = handle.writeFile.bind(handle);
      const sync = handle.sync.bind(handle);
      return Object.assign(handle, {
        // Half of the bytes first, so that it can die in the middle of a file.
        writeFile: async (bytes: Uint8Array) => {
          const middle = Math.floor(bytes.length / 2);
          await step(() => writeFile(bytes.subarray(0, middle)));
          await step(() => writeFile(bytes.subarray(middle)));
        },
        sync: () => step(() => sync()),
      });
    },
  };
}
