/**
 * Whatever is sent as SQL, there is an answer or a coded error, and the engine goes on. The seed of a
 * failure is printed; `LEVEE_FUZZ_SEED` plays it again.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { anonymous, type Session } from '../../sql/session.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { requireShared, skipWithoutShared } from '../support/shared-folder.ts';
import { reservedWords } from '../../sql/parse/keywords.ts';

const seedText = process.env['LEVEE_FUZZ_SEED'];
const seed = seedText === undefined ? Date.now() % 2 ** 31 : Number(seedText);
/** No statement here is meant to run for long; one that does is cancelled, which is an answer, too. */
const timeoutMs = 5000;

let engine: SqlEngine;
let remove: () => Promise<void>;
before(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  engine = await openEngine({ warehouse: scratch.folder });
  const setUp = [
    'CREATE TABLE t USING DELTA PARTITIONED BY (p) AS SELECT i AS id, i % 3 AS p, i::VARCHAR AS s FROM range(100) r(i)',
    "INSERT INTO t VALUES (1000, 7, 'x')",
    'CREATE VIEW v AS SELECT id, s FROM t WHERE p = 1',
  ];
  for (const sql of setUp) assert.equal(await outcome(sql), 'rows');
});
after(async () => {
  await engine.close();
  await remove();
});

function newSession(): Session {
  return { id: 'fuzz', currentSchema: 'default', dialect: 'duckdb', temporaryViews: new Map() };
}

/** Throws for anything but rows or a coded error that is not a defect of ours. */
async function outcome(
  sql: string,
  dialect: 'duckdb' | 'spark' = 'duckdb',
): Promise<'rows' | CodedError> {
  const session = { ...newSession(), dialect };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const result = await engine.run({ sql, session, identity: anonymous, signal, rowLimit: 100 });
    try {
      for await (const batch of result.batches) assert.ok(batch.rowCount >= 0);
    } finally {
      await result.close();
    }
    return 'rows';
  } catch (error) {
    if (!(error instanceof CodedError))
      throw new Error(`no coded error for: ${sql.slice(0, 300)}`, { cause: error });
    assert.notEqual(error.code, 'INTERNAL_ERROR', `${sql.slice(0, 300)}: ${String(error.cause)}`);
    assert.match(error.sqlState, /^[0-9A-Z]{5}$/);
    assert.ok(error.message !== '' && error.hint !== '');
    if (error.code === 'PARSE_SYNTAX_ERROR' && sql.trim() !== '') {
      assert.ok(error.position !== undefined, `no position for: ${sql.slice(0, 300)}`);
    }
    return error;
  }
}

function statements(): string[] {
  const own = [
    "SELECT id, count(*) OVER (PARTITION BY p ORDER BY id) FROM t VERSION AS OF 0 WHERE s LIKE '1%' ORDER BY 2 LIMIT 3",
    'WITH c AS (SELECT * FROM t@v1) SELECT c.id, v.s FROM c JOIN v USING (id) GROUP BY ALL',
    'INSERT INTO t (id, p, s) SELECT id, p, s FROM t WHERE false',
    'CREATE TABLE IF NOT EXISTS t (a INT, b STRUCT<x: ARRAY<STRING>>) USING DELTA PARTITIONED BY (a)',
    'DESCRIBE HISTORY t LIMIT 1',
    "SHOW TABLES IN default LIKE '*'",
    'CREATE OR REPLACE TEMPORARY VIEW w (a, b) AS SELECT id, s FROM t',
  ];
  // Elsewhere than beside the shared folder, the statements above alone are mangled.
  if (skipWithoutShared('sql') !== false) return own;
  const shared = requireShared('sql');
  const files = ['delta-statements.json', 'duckdb-statements.json', 'guide-statements.json'];
  const lists = files.map(
    (file) => JSON.parse(readFileSync(join(shared, file), 'utf8')) as { sql: string }[],
  );
  // Dropping the fixtures would leave little to ask.
  return [...own, ...lists.flat().map(({ sql }) => sql)].filter(
    (sql) => !/\b(drop|undrop)\b/i.test(sql),
  );
}

const options = { seed, numRuns: 400 };
const corpus = statements();

test(`truncated statements (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...corpus),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom('duckdb' as const, 'spark' as const),
      async (sql, part, dialect) => {
        await outcome(sql.slice(0, Math.floor(sql.length * part)), dialect);
      },
    ),
    options,
  );
});

test(`statements with pieces of others in them (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...corpus),
      fc.constantFrom(...corpus),
      fc.nat(400),
      fc.nat(400),
      async (a, b, i, j) => {
        await outcome(`${a.slice(0, i % (a.length + 1))} ${b.slice(j % (b.length + 1))}`);
      },
    ),
    options,
  );
});

test(`random text and random bytes (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: 'grapheme', maxLength: 200 }),
      ),
      async (text) => {
        await outcome(text);
        await outcome(`SELECT ${text}`);
        await outcome(`SELECT * FROM ${text}`);
      },
    ),
    { seed, numRuns: 150 },
  );
});

test('every reserved word as a name of a column, a table and an alias', async () => {
  for (const word of reservedWords) {
    assert.equal(await outcome(`SELECT id AS "${word}" FROM t AS "${word}" LIMIT 1`), 'rows', word);
    await outcome(`SELECT ${word} FROM ${word} AS ${word}`);
  }
});

const large: { readonly [name: string]: string } = {
  'a megabyte of one string': `SELECT '${'x'.repeat(1_000_000)}'`,
  'a megabyte of brackets': `SELECT ${'('.repeat(500_000)}1${')'.repeat(500_000)}`,
  'a bracket that never closes': `SELECT ${'('.repeat(100_000)}`,
  'more than a megabyte': `SELECT '${'x'.repeat(2_000_000)}'`,
  'ten thousand values': `SELECT count(*) FROM t WHERE id IN (${Array.from({ length: 10_000 }, (_, i) => i).join(',')})`,
  'many columns': `SELECT ${Array.from({ length: 5000 }, (_, i) => `id + ${i} AS c${i}`).join(',')} FROM t LIMIT 1`,
  'subqueries in subqueries': `${'SELECT * FROM ('.repeat(150)}SELECT 1${')'.repeat(150)}`,
  'a deep case': `SELECT ${'CASE WHEN true THEN '.repeat(150)}1${' END'.repeat(150)}`,
  'a long chain of operators': `SELECT ${'1 + '.repeat(20_000)}1`,
  'comments only': '/* '.repeat(1000) + ' */'.repeat(1000),
};
for (const [name, sql] of Object.entries(large)) {
  test(name, async () => {
    const start = performance.now();
    await outcome(sql);
    assert.ok(performance.now() - start < 20_000, 'it took more than twenty seconds');
    assert.equal(await outcome('SELECT count(*) FROM t'), 'rows');
  });
}
