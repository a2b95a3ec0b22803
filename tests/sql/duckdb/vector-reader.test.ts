import assert from 'node:assert/strict';
import fc from 'fast-check';
import { after, before, test } from 'node:test';
import { DuckdbEngine } from '../../../sql/duckdb/duckdb-engine.ts';
import { quoteString } from '../../../sql/quote.ts';
import { typeName } from '../../../sql/types.ts';
import { makeScratch } from '../../support/open-engine.ts';
import { cellOf as cell } from '../../support/vector-cell.ts';

let engine: DuckdbEngine;
let remove: () => Promise<void>;
before(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  engine = await DuckdbEngine.open({
    roots: [scratch.folder],
    spillFolder: `${scratch.folder}/spill`,
    spillBytesMax: 2 ** 30,
    memoryBytesMax: 2 ** 30,
    threads: 2,
  });
});
after(async () => {
  engine.close();
  await remove();
});

async function read(sql: string): Promise<{ types: string[]; rows: unknown[][] }> {
  return await engine.withConnection(async (connection) => {
    const result = await connection.stream(sql, undefined);
    const rows: unknown[][] = [];
    for await (const batch of result.batches) {
      for (let row = 0; row < batch.rowCount; row++)
        rows.push(batch.columns.map((column) => cell(column, row)));
    }
    return { types: result.columns.map(({ type }) => typeName(type)), rows };
  });
}

const scalars: { readonly [sql: string]: readonly [type: string, value: unknown] } = {
  true: ['BOOLEAN', true],
  '127::TINYINT': ['TINYINT', 127],
  '(-32768)::SMALLINT': ['SMALLINT', -32768],
  '2147483647': ['INT', 2147483647],
  '(-9223372036854775808)::BIGINT': ['BIGINT', -(2n ** 63n)],
  '255::UTINYINT': ['SMALLINT', 255],
  '65535::USMALLINT': ['INT', 65535],
  '4294967295::UINTEGER': ['BIGINT', 4294967295n],
  '18446744073709551615::UBIGINT': ['DECIMAL(20,0)', 2n ** 64n - 1n],
  'sum(9223372036854775807::BIGINT)': ['DECIMAL(38,0)', 2n ** 63n - 1n],
  '(-1)::HUGEINT': ['DECIMAL(38,0)', -1n],
  '1.5::FLOAT': ['FLOAT', 1.5],
  "'NaN'::DOUBLE": ['DOUBLE', NaN],
  '(-1.25)::DECIMAL(4,2)': ['DECIMAL(4,2)', -125n],
  '123456.789::DECIMAL(9,3)': ['DECIMAL(9,3)', 123456789n],
  '(-123456789012.345)::DECIMAL(18,3)': ['DECIMAL(18,3)', -123456789012345n],
  '(-0.1)::DECIMAL(38,10)': ['DECIMAL(38,10)', -1000000000n],
  "'twelve bytes'": ['STRING', 'twelve bytes'],
  "'thirteen byte'": ['STRING', 'thirteen byte'],
  "''": ['STRING', ''],
  "'é😀'": ['STRING', 'é😀'],
  "repeat('x', 1000000)": ['STRING', 'x'.repeat(1_000_000)],
  "'ab'::BLOB": ['BINARY', 'ab'],
  "DATE '1969-12-31'": ['DATE', -1],
  "DATE '0001-01-01'": ['DATE', -719162],
  "TIMESTAMP '1969-12-31 23:59:59.999999'": ['TIMESTAMP_NTZ', -1n],
  "TIMESTAMPTZ '2020-01-01 00:00:00.000001+00'": ['TIMESTAMP', 1577836800000001n],
  "TIMESTAMP_S '1970-01-01 00:00:01'": ['TIMESTAMP_NTZ', 1000000n],
  "TIMESTAMP_MS '1970-01-01 00:00:00.001'": ['TIMESTAMP_NTZ', 1000n],
  "TIME '01:02:03.5'": ['STRING', '01:02:03.5'],
  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID": [
    'STRING',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ],
  "INTERVAL '14 months 3 days 1.5 seconds'": ['STRING', 'P1Y2M3DT1.5S'],
  "INTERVAL '-90 minutes'": ['STRING', 'PT-1H-30M'],
  "'b'::ENUM('a', 'b')": ['STRING', 'b'],
  '[1, NULL, 3]': ['ARRAY<INT>', [1, null, 3]],
  "{'a': 1, 'b': NULL::VARCHAR}": ['STRUCT<a: INT, b: STRING>', [1, null]],
  "MAP {'k': [1], 'l': NULL}": [
    'MAP<STRING, ARRAY<INT>>',
    [
      ['k', [1]],
      ['l', null],
    ],
  ],
};
for (const [sql, [type, value]] of Object.entries(scalars)) {
  test(`${sql.length > 60 ? sql.slice(0, 60) : sql} arrives as ${type}, beside a NULL`, async () => {
    const { types, rows } = await read(`SELECT ${sql} AS v`);
    assert.deepEqual(types, [type]);
    assert.deepEqual(rows, [[value]]);
    const nulls = await read(
      `SELECT CASE WHEN i = 1 THEN v END FROM range(3) t(i), (SELECT ${sql} AS v) ORDER BY i`,
    );
    assert.deepEqual(nulls.rows, [[null], [value], [null]]);
  });
}

test('an array of fixed size is an ARRAY', async () => {
  const { types, rows } = await read(
    'SELECT v FROM (VALUES (1, [1, 2]::INTEGER[2]), (2, NULL), (3, [NULL, 4])) t(i, v) ORDER BY i',
  );
  assert.deepEqual([types, rows], [['ARRAY<INT>'], [[[1, 2]], [null], [[null, 4]]]]);
});

const refused = {
  TIMESTAMP_NS: "TIMESTAMP_NS '2020-01-01 00:00:00.000000001'",
  BIT: "'101'::BIT",
  UNION: 'union_value(a := 1)',
  'TIME WITH TIME ZONE': "TIMETZ '01:02:03+00'",
};
for (const [name, sql] of Object.entries(refused)) {
  test(`${name} is refused with the CAST to write`, async () => {
    await assert.rejects(
      read(`SELECT ${sql} AS v`),
      (error: { code: string; hint: string }) =>
        error.code === 'UNSUPPORTED_RESULT_TYPE' && /CAST/.test(error.hint),
    );
  });
}

test('an integer of 38 digits is exact and one of 39 digits an error', async () => {
  const limit = 10n ** 38n;
  const { rows } = await read(
    `SELECT '${limit - 1n}'::HUGEINT AS a, '${1n - limit}'::HUGEINT AS b`,
  );
  assert.deepEqual(rows, [[limit - 1n, 1n - limit]]);
  for (const value of [`'${limit}'::HUGEINT`, `'${-limit}'::HUGEINT`, `'${limit}'::UHUGEINT`]) {
    await assert.rejects(read(`SELECT ${value} AS a`), { code: 'NUMERIC_VALUE_OUT_OF_RANGE' });
  }
});

test('lists that a sort and a filter have put out of order keep their elements', async () => {
  const { rows } = await read(
    `SELECT i, l FROM (SELECT i, [i, i * 2, NULL][1:(i % 4)::INTEGER] AS l FROM range(5000) t(i))
     WHERE i % 3 <> 0 ORDER BY i DESC`,
  );
  const expected = Array.from({ length: 5000 }, (_, k) => BigInt(4999 - k))
    .filter((i) => i % 3n !== 0n)
    .map((i) => [i, [i, i * 2n, null].slice(0, Number(i % 4n))]);
  assert.deepEqual(rows, expected);
});

test('random texts come back as they went in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }).filter((s) => !s.includes('\0'))),
        { minLength: 1, maxLength: 50 },
      ),
      async (texts) => {
        const values = texts.map(
          (text, i) => `(${i}, ${text === null ? 'NULL' : quoteString(text)})`,
        );
        const { rows } = await read(
          `SELECT v FROM (VALUES ${values.join(', ')}) t(i, v) ORDER BY i`,
        );
        assert.deepEqual(
          rows.map(([text]) => text),
          texts,
        );
      },
    ),
    { numRuns: 50 },
  );
});
