/**
 * Sixteen processes make fifty commits each on one table: rows are added without looking, and counters
 * are raised, some of a writer alone and one that all of them raise. Each commit is there, once: what the
 * counters say is what any order of the commits, one after the other, would leave.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeScratch } from '../../support/open-engine.ts';
import { rowsText } from '../../support/random-history.ts';
import { StatementProcess } from '../../support/statement-process.ts';

const writers = Number(process.env['LEVEE_WRITERS'] ?? 16);
const commits = 50;
/** Of these the first is of all writers, the others are each writer's own. */
const shared = -1;

function statement(writer: number, n: number): string {
  if (n % 10 === 9) return `UPDATE t SET n = n + 1 WHERE kind = 'counter' AND writer = ${shared}`;
  if (n % 2 === 1) return `UPDATE t SET n = n + 1 WHERE kind = 'counter' AND writer = ${writer}`;
  return `INSERT INTO t VALUES (${writer}, 'row', ${n}, ${writer})`;
}

/** No conflict reaches a client: each statement is asked once. */
async function commit(child: StatementProcess, sql: string): Promise<void> {
  const { failure } = await child.ask(sql);
  assert.equal(failure, undefined, `${failure?.code}: ${failure?.message} (${sql})`);
}

test(`${writers} processes commit ${commits} times each: all is there, once, in some order`, async (t) => {
  const { folder: warehouse, remove } = await makeScratch();
  t.after(remove);
  const numbers = Array.from({ length: writers }, (_, writer) => writer);
  const first = await StatementProcess.start({ warehouse });
  const counters = [shared, ...numbers].map((w) => `(${w}, 'counter', 0, ${w})`).join(', ');
  await first.rows(
    `CREATE TABLE t (writer INT, kind STRING, n INT, p INT) USING DELTA PARTITIONED BY (p)`,
  );
  await first.rows(`INSERT INTO t VALUES ${counters}`);
  const startedMs = Date.now();
  await Promise.all(
    numbers.map(async (writer) => {
      const child = await StatementProcess.start({ warehouse });
      for (let n = 0; n < commits; n++) {
        await commit(child, statement(writer, n));
      }
      await child.close();
    }),
  );
  t.diagnostic(`${writers * commits} commits in ${Date.now() - startedMs} ms, starting included`);

  const own = Array.from({ length: commits }, (_, n) => n);
  const expected = numbers.flatMap((w) => [
    ...own.filter((n) => n % 2 === 0).map((n) => [w, 'row', n]),
    [w, 'counter', own.filter((n) => n % 2 === 1 && n % 10 !== 9).length],
  ]);
  const raised = writers * own.filter((n) => n % 10 === 9).length;
  const reader = await StatementProcess.start({ warehouse });
  const found = await reader.rows('SELECT writer, kind, n FROM t');
  assert.equal(rowsText(found), rowsText([...expected, [shared, 'counter', raised]]));
  const history = await reader.rows('DESCRIBE HISTORY t');
  const versions = history.map(([version]) => Number(version)).sort((a, b) => a - b);
  const made = writers * commits + 2;
  assert.deepEqual(
    versions,
    Array.from({ length: made }, (_, version) => version),
  );
  // Each version differs from the one before by one statement: the sum of all counters and rows.
  for (const version of [made - 1, made >> 1, made >> 2, 2]) {
    const [row] = await reader.rows(
      `SELECT sum(n) FILTER (kind = 'counter') + count(*) FILTER (kind = 'row') FROM t VERSION AS OF ${version}`,
    );
    assert.equal(Number(row?.[0]), version - 1, `version ${version}`);
  }
  await reader.close();
  await first.close();
});
