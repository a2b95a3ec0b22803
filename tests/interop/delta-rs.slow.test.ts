import { testInterop, type InteropCase } from './alternating.ts';

const cases: readonly InteropCase[] = [
  {
    name: 'rows changed in turn by rewriting',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING, v INT) PARTITIONED BY (k)` },
      { by: 'levee', sql: `INSERT INTO {t} SELECT id, CAST(id % 3 AS STRING), 1 FROM range(30)` },
      { by: 'levee', sql: `UPDATE {t} SET v = v + 1 WHERE id < 10` },
      { by: 'other', op: 'update', updates: { v: 'v + 10' }, predicate: 'id >= 20' },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id % 5 = 0` },
      { by: 'other', op: 'delete', predicate: "k = '2'" },
      {
        by: 'levee',
        sql: `MERGE INTO {t} t USING (SELECT id * 2 AS id, '0' AS k, 7 AS v FROM range(20)) s
              ON t.id = s.id WHEN MATCHED AND t.v > 5 THEN DELETE WHEN MATCHED THEN UPDATE SET *
              WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE AND t.id > 27 THEN DELETE`,
      },
      {
        by: 'other',
        op: 'merge',
        query: `SELECT 2 AS id, '0' AS k, CAST(99 AS INT) AS v UNION ALL SELECT 1000, '1', 1`,
        predicate: 't.id = s.id',
      },
      { by: 'levee', sql: `INSERT OVERWRITE {t} SELECT * FROM {t} WHERE id < 10` },
      { by: 'other', op: 'restore', version: 7 },
      { by: 'levee', sql: `RESTORE TABLE {t} TO VERSION AS OF 2` },
    ],
    rowCount: 30,
  },
  {
    name: 'deletion vectors',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT, v DOUBLE)
              TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} SELECT id, id / 7 FROM range(5000)` },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id % 7 = 3` },
      { by: 'levee', sql: `UPDATE {t} SET v = -1 WHERE id BETWEEN 100 AND 200` },
      {
        by: 'levee',
        sql: `MERGE INTO {t} t USING (SELECT id * 3 AS id FROM range(2000)) s ON t.id = s.id
              WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 0.5)`,
      },
      { by: 'levee', sql: `REORG TABLE {t} APPLY (PURGE)` },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id >= 1000` },
    ],
    rowCount: 619,
  },
  {
    name: 'columns mapped by name',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT, \`a b\` STRING, s STRUCT<x: INT, y: STRING>)
              TBLPROPERTIES ('delta.columnMapping.mode' = 'name')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} SELECT 1, 'x', named_struct('x', 1, 'y', 'z')` },
      { by: 'levee', sql: `ALTER TABLE {t} RENAME COLUMN \`a b\` TO c` },
      { by: 'levee', sql: `ALTER TABLE {t} ADD COLUMN n INT` },
      { by: 'levee', sql: `INSERT INTO {t} SELECT 2, 'y', NULL, 5` },
      { by: 'levee', sql: `ALTER TABLE {t} DROP COLUMN c` },
      { by: 'levee', sql: `UPDATE {t} SET n = 8 WHERE id = 1` },
    ],
    rowCount: 2,
  },
  {
    name: 'change data, constraints and generated columns',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT NOT NULL, v INT, w INT GENERATED ALWAYS AS (v * 2),
                CONSTRAINT positive CHECK (v > 0))
              TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} (id, v) VALUES (1, 10), (2, 20), (3, 30)` },
      { by: 'levee', sql: `UPDATE {t} SET v = 5 WHERE id = 2` },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id = 3` },
    ],
    rowCount: 2,
  },
  {
    name: 'row ids, in-commit timestamps and V2 checkpoints',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT, v INT) TBLPROPERTIES (
                'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true',
                'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (1, 1), (2, 2)` },
      { by: 'levee', sql: `UPDATE {t} SET v = 9 WHERE id = 2` },
      { by: 'levee', sql: `OPTIMIZE {t}` },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (3, 3)` },
    ],
    rowCount: 3,
  },
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

testInterop('delta-rs', cases);
