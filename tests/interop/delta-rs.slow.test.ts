import { after, before, test } from 'node:test';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { runInterop, type InteropCase } from './alternating.ts';
import { OtherEngine, skipWithout } from './other-engine.ts';

const skip = skipWithout('delta-rs');

const cases: readonly InteropCase[] = [
  {
    name: 'files put together, ordered, and a version restored',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING, p INT) PARTITIONED BY (p)` },
      { by: 'levee', sql: `INSERT INTO {t} SELECT i, 'k' || i, i % 3 FROM range(60) r(i)` },
      { by: 'levee', sql: `INSERT INTO {t} SELECT i, NULL, i % 2 FROM range(60, 90) r(i)` },
      { by: 'levee', sql: `OPTIMIZE {t}` },
      {
        by: 'other',
        op: 'write',
        query: `SELECT CAST(90 AS BIGINT) AS id, 'k90' AS k, CAST(1 AS INT) AS p`,
        partition_by: ['p'],
      },
      { by: 'levee', sql: `OPTIMIZE {t} ZORDER BY (id, k)` },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id < 30` },
      { by: 'levee', sql: `ANALYZE TABLE {t} COMPUTE DELTA STATISTICS` },
      { by: 'levee', sql: `RESTORE TABLE {t} TO VERSION AS OF 5` },
      { by: 'levee', sql: `VACUUM {t}` },
      {
        by: 'other',
        op: 'write',
        query: `SELECT CAST(91 AS BIGINT) AS id, 'k91' AS k, CAST(1 AS INT) AS p`,
        partition_by: ['p'],
      },
    ],
    rowCount: 92,
  },
  {
    name: 'more commits than a checkpoint waits for',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING)` },
      ...Array.from({ length: 25 }, (_, n) => ({
        by: 'levee' as const,
        sql: `INSERT INTO {t} VALUES (${n}, 'k${n}')`,
      })),
      { by: 'other', op: 'write', query: `SELECT CAST(25 AS BIGINT) AS id, 'k25' AS k` },
    ],
    rowCount: 26,
  },
  {
    name: 'appends in turn',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING, v INT)` },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (1, 'a', 10), (2, 'b', 20), (3, NULL, NULL)` },
      { by: 'other', op: 'write', query: `SELECT 4 AS id, 'd' AS k, CAST(40 AS INT) AS v` },
      { by: 'levee', sql: `INSERT INTO {t} SELECT id + 10, upper(k), v FROM {t}` },
      { by: 'other', op: 'checkpoint' },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (99, 'z', 1)` },
    ],
    rowCount: 9,
  },
  {
    name: 'partitions of awkward values',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT, p STRING, d DATE) PARTITIONED BY (p, d)`,
      },
      {
        by: 'levee',
        sql: `INSERT INTO {t} VALUES (1, 'a b/c=%', DATE '2024-02-29'), (2, NULL, NULL),
              (3, 'é&?#:', DATE '1969-12-31'), (4, '漢字', DATE '0001-01-01')`,
      },
      {
        by: 'other',
        op: 'write',
        query: `SELECT 5 AS id, 'x/y z%25' AS p, DATE '2024-03-01' AS d
                UNION ALL SELECT 6, NULL, DATE '2024-03-01'`,
        partition_by: ['p', 'd'],
      },
    ],
    rowCount: 6,
  },
  {
    name: 'values of all types',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (b BOOLEAN, by TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE,
                de DECIMAL(38, 10), st STRING, bi BINARY, da DATE, ts TIMESTAMP, tn TIMESTAMP_NTZ,
                a ARRAY<INT>, m MAP<STRING, BIGINT>, r STRUCT<x: INT, y: ARRAY<STRING>>)`,
      },
      {
        by: 'levee',
        sql: `INSERT INTO {t} SELECT true, -128, 32767, -2147483648, 9223372036854775807, 1.5, -0.1,
                1234567890123456789012345678.0123456789, 'ünï "q" 漢字', 'abc'::BLOB, DATE '1582-10-15',
                TIMESTAMPTZ '2024-03-10 02:30:00.000001Z', TIMESTAMP '1900-01-01 00:00:00',
                [1, NULL, 3], MAP {'k': 1, 'l': NULL}, {'x': 1, 'y': ['a', NULL]}`,
      },
      {
        by: 'levee',
        sql: `INSERT INTO {t} (f, d) VALUES (CAST('NaN' AS FLOAT), CAST('-Infinity' AS DOUBLE))`,
      },
    ],
    rowCount: 2,
  },
];

let engine: SqlEngine;
let other: OtherEngine;
let warehouse = '';
let remove: (() => Promise<void>) | undefined;

before(async () => {
  if (skip !== false) return;
  ({ folder: warehouse, remove } = await makeScratch());
  engine = await openEngine({ warehouse });
  other = new OtherEngine('delta-rs');
});
after(async () => {
  if (skip !== false) return;
  await other.close();
  await engine.close();
  await remove?.();
});

for (const interop of cases) {
  test(`delta-rs and Levee see the same: ${interop.name}`, { skip }, async () => {
    await runInterop(interop, engine, other, warehouse);
  });
}
