import { testInterop, type InteropCase } from './alternating.ts';

const cases: readonly InteropCase[] = [
  {
    name: 'rows changed in turn by rewriting',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING, v INT) PARTITIONED BY (k)` },
      { by: 'levee', sql: `INSERT INTO {t} SELECT id, CAST(id % 3 AS STRING), 1 FROM range(30)` },
      { by: 'other', op: 'run', query: 'UPDATE delta.`{p}` SET v = v + 10 WHERE id >= 20' },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id % 5 = 0` },
      {
        by: 'other',
        op: 'run',
        query: `MERGE INTO delta.\`{p}\` t USING (SELECT id * 4 AS id, '0' AS k, 7 AS v FROM range(9)) s
                ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
      },
      {
        by: 'levee',
        sql: `MERGE INTO {t} t USING (SELECT id * 2 AS id, '1' AS k, 3 AS v FROM range(20)) s
              ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v
              WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE THEN DELETE`,
      },
      { by: 'other', op: 'run', query: 'OPTIMIZE delta.`{p}` ZORDER BY (id)' },
      { by: 'levee', sql: `OPTIMIZE {t}` },
      { by: 'other', op: 'run', query: 'RESTORE delta.`{p}` TO VERSION AS OF 1' },
      { by: 'levee', sql: `RESTORE TABLE {t} TO VERSION AS OF 5` },
    ],
    rowCount: 20,
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
      { by: 'other', op: 'run', query: 'DELETE FROM delta.`{p}` WHERE id % 11 = 4' },
      { by: 'levee', sql: `UPDATE {t} SET v = -1 WHERE id BETWEEN 100 AND 200` },
      {
        by: 'other',
        op: 'run',
        query: 'UPDATE delta.`{p}` SET v = -2 WHERE id BETWEEN 150 AND 160',
      },
      { by: 'other', op: 'run', query: 'REORG TABLE delta.`{p}` APPLY (PURGE)' },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id >= 100` },
    ],
    rowCount: 78,
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
      { by: 'other', op: 'run', query: 'ALTER TABLE delta.`{p}` RENAME COLUMN `a b` TO c' },
      { by: 'levee', sql: `ALTER TABLE {t} ADD COLUMN n INT` },
      { by: 'other', op: 'run', query: "INSERT INTO delta.`{p}` SELECT 2, 'y', NULL, 5" },
      { by: 'levee', sql: `ALTER TABLE {t} DROP COLUMN c` },
      { by: 'levee', sql: `UPDATE {t} SET n = 8 WHERE id = 1` },
      { by: 'other', op: 'run', query: 'UPDATE delta.`{p}` SET n = n + 1' },
    ],
    rowCount: 2,
  },
  {
    name: 'change data, constraints, generated, identity and default columns',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT GENERATED ALWAYS AS IDENTITY, v INT NOT NULL,
                w INT GENERATED ALWAYS AS (v * 2), CONSTRAINT positive CHECK (v > 0))
              TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} (v) VALUES (10), (20), (30)` },
      { by: 'other', op: 'run', query: 'INSERT INTO delta.`{p}` (v) VALUES (40), (50)' },
      { by: 'levee', sql: `UPDATE {t} SET v = 5 WHERE v = 20` },
      { by: 'other', op: 'run', query: 'UPDATE delta.`{p}` SET v = 6 WHERE v = 40' },
      { by: 'levee', sql: `INSERT INTO {t} (v) VALUES (60)` },
      { by: 'levee', sql: `DELETE FROM {t} WHERE v = 30` },
    ],
    rowCount: 5,
  },
  {
    name: 'row ids, in-commit timestamps, V2 checkpoints, clustering',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (id BIGINT, v INT) CLUSTER BY (v) TBLPROPERTIES (
                'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true',
                'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (1, 1), (2, 2)` },
      { by: 'other', op: 'run', query: 'INSERT INTO delta.`{p}` VALUES (4, 4)' },
      { by: 'levee', sql: `UPDATE {t} SET v = 9 WHERE id = 2` },
      { by: 'other', op: 'run', query: 'UPDATE delta.`{p}` SET v = 10 WHERE id = 1' },
      { by: 'other', op: 'run', query: 'OPTIMIZE delta.`{p}`' },
      { by: 'levee', sql: `OPTIMIZE {t}` },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (3, 3)` },
    ],
    rowCount: 4,
  },
  {
    name: 'types that were widened',
    steps: [
      {
        by: 'levee',
        sql: `CREATE TABLE {t} (a SMALLINT, b INT, c FLOAT)
              TBLPROPERTIES ('delta.enableTypeWidening' = 'true')`,
      },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (1, 2, 1.5)` },
      { by: 'levee', sql: `ALTER TABLE {t} ALTER COLUMN a TYPE INT` },
      { by: 'other', op: 'run', query: 'ALTER TABLE delta.`{p}` ALTER COLUMN c TYPE DOUBLE' },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (100000, 3, 0.1)` },
    ],
    rowCount: 2,
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
                1234567890123456789012345678.0123456789, 'ünï "q" 漢字', X'00FF', DATE'1582-10-15',
                TIMESTAMP'2024-03-10 02:30:00.000001Z', TIMESTAMP_NTZ'1900-01-01 00:00:00',
                array(1, NULL, 3), map('k', 1, 'l', NULL), named_struct('x', 1, 'y', array('a', NULL))`,
      },
      { by: 'other', op: 'run', query: 'INSERT INTO delta.`{p}` SELECT * FROM delta.`{p}`' },
      { by: 'other', op: 'run', query: 'DELETE FROM delta.`{p}` WHERE de < 0' },
    ],
    rowCount: 2,
  },
  {
    name: 'clones',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, p STRING, v INT) PARTITIONED BY (p)` },
      {
        by: 'levee',
        sql: `CREATE TABLE {t}_source (id BIGINT, p STRING, v INT) PARTITIONED BY (p) TBLPROPERTIES (
                'delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true')`,
      },
      {
        by: 'levee',
        sql: `INSERT INTO {t}_source SELECT id, concat('a b/', CAST(id % 2 AS STRING)), 1 FROM range(20)`,
      },
      { by: 'levee', sql: `DELETE FROM {t}_source WHERE id IN (3, 4)` },
      { by: 'levee', sql: `CREATE OR REPLACE TABLE {t} SHALLOW CLONE {t}_source` },
      { by: 'other', op: 'run', query: 'DELETE FROM delta.`{p}` WHERE id = 5' },
      { by: 'levee', sql: `DELETE FROM {t} WHERE id = 6` },
      { by: 'other', op: 'run', query: 'UPDATE delta.`{p}` SET v = 2 WHERE id = 7' },
      { by: 'other', op: 'run', query: 'OPTIMIZE delta.`{p}`' },
    ],
    rowCount: 16,
  },
  {
    name: 'appends in turn',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING, v INT)` },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (1, 'a', 10), (2, 'b', 20), (3, NULL, NULL)` },
      { by: 'other', op: 'run', query: "INSERT INTO delta.`{p}` VALUES (4, 'd', 40)" },
      { by: 'levee', sql: `INSERT INTO {t} SELECT id + 10, upper(k), v FROM {t}` },
    ],
    rowCount: 8,
  },
];

testInterop('spark', cases);
