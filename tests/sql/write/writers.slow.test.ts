/** Several processes append to one table; some of them die. Nothing acknowledged is lost or doubled. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { anonymous } from '../../../sql/session.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { repositoryRoot } from '../../support/shared-folder.ts';

let warehouse = '';
let remove: () => Promise<void>;
beforeEach(async () => {
  const scratch = await makeScratch();
  warehouse = scratch.folder;
  remove = scratch.remove;
  await ask('CREATE TABLE t (writer INT, batch INT, row BIGINT) USING DELTA');
});
afterEach(async () => {
  await remove();
});

interface Writer {
  /** Batches that the process said were committed. */
  readonly acknowledged: () => number;
  readonly kill: () => void;
  readonly ended: Promise<number | null>;
}

function startWriter(writer: number, batches: number): Writer {
  const worker = join(repositoryRoot, 'tests/sql/write/insert-worker.ts');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', worker, warehouse, String(writer), String(batches)],
    { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let acknowledged = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    acknowledged += chunk.toString().split('\n').length - 1;
  });
  return {
    acknowledged: () => acknowledged,
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
  };
}

/** The rows of a query, each a list of numbers. */
async function ask(sql: string): Promise<number[][]> {
  const engine = await openEngine({ warehouse });
  try {
    const session = {
      id: 'test',
      currentSchema: 'default',
      dialect: 'duckdb' as const,
      temporaryViews: new Map(),
    };
    const { signal } = new AbortController();
    const result = await engine.run({ sql, session, identity: anonymous, signal });
    const rows: number[][] = [];
    for await (const { rowCount, columns } of result.batches) {
      for (let row = 0; row < rowCount; row++) {
        rows.push(
          columns.map((column) => {
            if (column.kind === 'int' || column.kind === 'long') return Number(column.values[row]);
            throw new TypeError(`a column of ${column.kind}`);
          }),
        );
      }
    }
    await result.close();
    return rows;
  } finally {
    await engine.close();
  }
}

test('sixteen processes append fifty times each: every commit is there, once', async () => {
  const writers = Array.from({ length: 16 }, (_, writer) => startWriter(writer, 50));
  const codes = await Promise.all(writers.map(({ ended }) => ended));
  assert.deepEqual(
    codes,
    writers.map(() => 0),
  );
  const counts = await ask(
    'SELECT writer, batch, count(*), count(DISTINCT row) FROM t GROUP BY ALL ORDER BY 1, 2',
  );
  const expected = Array.from({ length: 800 }, (_, i) => [Math.floor(i / 50), i % 50, 7, 7]);
  assert.deepEqual(counts, expected);
  const [[rows] = []] = await ask('SELECT count(*) FROM t VERSION AS OF 800');
  assert.equal(rows, 5600);
});

test('a killed writer leaves whole batches and loses none that it had acknowledged', async () => {
  let acknowledged = 0;
  const kills = 12;
  for (let round = 0; round < kills; round++) {
    const writer = startWriter(round, 1000);
    // The start of the process takes most of a second; the kill then falls into some batch.
    while (writer.acknowledged() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 97));
    writer.kill();
    await writer.ended;
    acknowledged += writer.acknowledged();
    const batches = await ask('SELECT count(*), count(DISTINCT row) FROM t GROUP BY writer, batch');
    assert.ok(
      batches.every(([rows, distinct]) => rows === 7 && distinct === 7),
      'a batch is torn',
    );
    // One batch per kill may be committed and not said.
    assert.ok(batches.length >= acknowledged, `${batches.length} batches of ${acknowledged}`);
    assert.ok(
      batches.length <= acknowledged + round + 1,
      `${batches.length} batches of ${acknowledged}`,
    );
  }
});
