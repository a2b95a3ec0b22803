/** That `cli/levee.cjs` sets the size of libuv's pool early enough, and that interrupts arrive. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckdbEngine } from '../../sql/duckdb/duckdb-engine.ts';
import { makeScratch } from '../support/open-engine.ts';
import { repositoryRoot } from '../support/shared-folder.ts';

test('the pool has the size that the launcher sets, though ES modules are loaded after it', () => {
  // The launcher's two statements, with a probe in place of the program: more jobs than the default
  // of four threads, all of which must have started before any ends.
  const launcher = `
    process.env.UV_THREADPOOL_SIZE ??= '16';
    import('node:fs/promises').then(async (fs) => {
      await fs.stat('.');
      const { pbkdf2 } = require('node:crypto');
      const { readdirSync, readFileSync } = require('node:fs');
      for (let i = 0; i < 16; i++) pbkdf2('a', 'b', 2e6, 64, 'sha512', () => {});
      setTimeout(() => {
        const running = readdirSync('/proc/self/task').filter((id) => {
          const stat = readFileSync('/proc/self/task/' + id + '/stat', 'utf8');
          return / R /.test(stat.slice(stat.lastIndexOf(')')).replace(') ', ' '));
        }).length;
        process.stdout.write(String(running));
        process.exit(0);
      }, 400);
    });`;
  if (process.platform !== 'linux') return;
  const env = { ...process.env };
  delete env['UV_THREADPOOL_SIZE'];
  const busy = Number(execFileSync(process.execPath, ['-e', launcher], { env, encoding: 'utf8' }));
  assert.ok(busy > 8, `${busy} threads were busy at once`);
});

test('the launcher says sixteen', async () => {
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(join(repositoryRoot, 'cli/levee.cjs'), 'utf8');
  const set = text.indexOf("process.env.UV_THREADPOOL_SIZE ??= '16'");
  assert.ok(
    set > 0 && set < text.lastIndexOf('import('),
    'the size is set before the first import',
  );
});

test('an abort stops a running statement in less than a second, and one before its start stops it too', async (context) => {
  const { folder, remove } = await makeScratch();
  context.after(remove);
  const engine = await DuckdbEngine.open({
    roots: [folder],
    spillFolder: join(folder, 'spill'),
    spillBytesMax: 2 ** 30,
    memoryBytesMax: 2 ** 30,
    threads: 2,
  });
  context.after(() => engine.close());
  const endless =
    'SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = 7';
  for (const delayMs of [0, 1, 200]) {
    const abort = new AbortController();
    const connection = await engine.connect();
    const start = performance.now();
    const ended = assert.rejects(async () => {
      const result = await connection.stream(endless, undefined, abort.signal);
      for await (const batch of result.batches) assert.ok(batch.rowCount > 0);
    });
    setTimeout(() => abort.abort(), delayMs);
    await ended;
    assert.ok(performance.now() - start < delayMs + 1000, `after ${delayMs} ms it took too long`);
    // The connection is good for another statement.
    assert.deepEqual(await connection.rows('SELECT 1'), [[1]]);
    connection.close();
  }
});

test('a result that is left half read lets its connection be closed', async (context) => {
  const { folder, remove } = await makeScratch();
  context.after(remove);
  const engine = await DuckdbEngine.open({
    roots: [folder],
    spillFolder: join(folder, 'spill'),
    spillBytesMax: 2 ** 30,
    memoryBytesMax: 2 ** 30,
    threads: 2,
  });
  context.after(() => engine.close());
  for (let round = 0; round < 20; round++) {
    const connection = await engine.connect();
    const result = await connection.stream('SELECT range FROM range(100000000)', undefined);
    const first = await result.batches.next();
    assert.ok(first.done !== true && first.value.rowCount > 0);
    await result.batches.return();
    connection.close();
  }
  const [[open] = []] = await engine.withConnection((connection) =>
    connection.rows('SELECT count FROM duckdb_connection_count()'),
  );
  assert.equal(Number(open), 1, `${String(open)} connections are open`);
});
