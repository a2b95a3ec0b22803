/**
 * Levee's engine in a process of its own, with the protocol of `peers.py`: without HTTP and encoding.
 *
 *     node --import tsx bench/levee-worker.ts ROOT THREADS
 */
import { createInterface } from 'node:readline';
import type { ColumnVector } from '../catalog/column-batch.ts';
import { loadConfig } from '../server/config.ts';
import { openParts } from '../server/open-parts.ts';
import { anonymous, type Session } from '../sql/session.ts';

const [, , root = '', threads = '2'] = process.argv;
const open = async () =>
  await openParts(
    loadConfig({
      argv: ['--warehouse', root, '--engine-threads', threads],
      env: { UV_THREADPOOL_SIZE: '16' },
    }).config,
  );
let { engine } = await open();
const session: Session = {
  id: 'bench',
  currentSchema: 'default',
  dialect: 'duckdb',
  temporaryViews: new Map(),
};
process.stdout.write('{"ready":"levee"}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { op: 'ask' | 'forget'; sql: string };
  let answer: object;
  try {
    if (request.op === 'forget') {
      await engine.close();
      ({ engine } = await open());
      await ask('SELECT 1');
      answer = { ms: 0, cpuMs: 0 };
    } else {
      answer = await ask(request.sql);
    }
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await engine.close();

async function ask(sql: string): Promise<object> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const { signal } = new AbortController();
  const result = await engine.run({ sql, session, identity: anonymous, signal });
  let rows = 0;
  let value = '[]';
  for await (const batch of result.batches) {
    if (rows === 0) value = `[${batch.columns.map(firstValue).join(', ')}]`;
    rows += batch.rowCount;
  }
  await result.close();
  const { filesScanned } = result.statistics;
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1000, rows, value, filesScanned };
}

function firstValue(vector: ColumnVector): string {
  switch (vector.kind) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
      return String(vector.values[0]);
    case 'bytes':
      return Buffer.from(vector.bytes).toString('utf8', vector.offsets[0], vector.offsets[1]);
    case 'decimal':
      return String(vector.words[0]);
    case 'list':
    case 'struct':
    case 'map':
      return vector.kind;
  }
}
