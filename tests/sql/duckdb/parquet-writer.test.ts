/** What `ParquetWriter` writes reads back equal, of every type, nested and NULL at every level. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import {
  field,
  nullVector,
  structType,
  vectorOf,
  type Value,
} from '../../../catalog/checkpoint/build-vector.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, StructType } from '../../../catalog/data-type.ts';
import type { RowSource } from '../../../catalog/ports.ts';
import { DuckdbEngine } from '../../../sql/duckdb/duckdb-engine.ts';
import { createParquetWriter } from '../../../sql/duckdb/parquet-io.ts';
import { quoteFileName } from '../../../sql/quote.ts';
import { rowText } from '../../support/canonical-json.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';

async function openEngine(t: TestContext): Promise<{ engine: DuckdbEngine; folder: string }> {
  const folder = scratchFolder(t);
  const engine = await DuckdbEngine.open({
    roots: [folder],
    spillFolder: `${folder}/spill`,
    spillBytesMax: 1e9,
    memoryBytesMax: 1e9,
    threads: 2,
  });
  t.after(() => engine.close());
  return { engine, folder };
}

/** Gives the rows in uneven pieces. */
function rowsOf(
  schema: StructType,
  rows: readonly { readonly [name: string]: Value }[],
): RowSource {
  let taken = 0;
  return {
    schema,
    next: (rowsMax) => {
      const some = rows.slice(taken, taken + Math.min(rowsMax, 1 + (taken % 1000)));
      taken += some.length;
      if (some.length === 0) return undefined;
      const columns = schema.fields.map(({ name, type }) =>
        vectorOf(
          type,
          some.map((row) => row[name]),
        ),
      );
      return { rowCount: some.length, columns };
    },
  };
}

const string: DataType = { kind: 'string' };
const mapType: DataType = {
  kind: 'map',
  keyType: string,
  valueType: string,
  valueContainsNull: true,
};
const listType: DataType = { kind: 'array', elementType: string, containsNull: true };
/** Fields whose names JavaScript would put in another order. */
const numbered: DataType = {
  kind: 'struct',
  fields: [
    field('1', { kind: 'long' }),
    field('0', string),
    field('deep', structType({ a: string })),
  ],
};
const everyType = structType({
  boolean: { kind: 'boolean' },
  byte: { kind: 'byte' },
  short: { kind: 'short' },
  integer: { kind: 'integer' },
  long: { kind: 'long' },
  float: { kind: 'float' },
  double: { kind: 'double' },
  small: { kind: 'decimal', precision: 4, scale: 2 },
  middle: { kind: 'decimal', precision: 9, scale: 0 },
  large: { kind: 'decimal', precision: 18, scale: 18 },
  huge: { kind: 'decimal', precision: 38, scale: 4 },
  string,
  binary: { kind: 'binary' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp' },
  local: { kind: 'timestamp_ntz' },
  list: listType,
  map: mapType,
  nested: numbered,
});

const full: { readonly [name: string]: Value } = {
  boolean: true,
  byte: -128,
  short: 32_767,
  integer: -2_147_483_648,
  long: 9_223_372_036_854_775_807n,
  float: 0.5,
  double: -1.25e100,
  small: -9999n,
  middle: 999_999_999n,
  large: -999_999_999_999_999_999n,
  huge: -(10n ** 38n - 1n),
  string: 'a text that is longer than twelve bytes: ü€😀',
  binary: Uint8Array.of(0, 255, 1),
  date: -719_162,
  timestamp: 1_631_099_471_123_456n,
  local: -1n,
  list: ['x', null, 'a longer text than fits inline'],
  map: { k: 'v', nothing: null, 'a longer key than fits': 'a longer value than fits' },
  nested: { '1': 7, '0': 'zero', deep: { a: 'b' } },
};

const types = everyType.fields.map(({ type }) => type);

test('every type reads back, in order, and NULL at every level', async (t) => {
  const { engine, folder } = await openEngine(t);
  const rows = [
    full,
    {},
    { ...full, list: [], map: {}, string: '', nested: { '1': null, '0': 'x', deep: null } },
    { list: null, map: null, nested: {} },
  ];
  const many = Array.from({ length: 1500 }, (_, i) => rows.map((row) => ({ ...row, integer: i })));
  const location = `${folder}/it's [a] file.parquet`;
  const source = rowsOf(everyType, many.flat());
  const written = await createParquetWriter(engine).writeRows(location, source);
  assert.equal(written.rowCount, 6000);
  assert.equal(written.sizeBytes, statSync(location).size);

  const found: string[] = [];
  await engine.withConnection(async (connection) => {
    const result = await connection.stream(
      `FROM read_parquet(${quoteFileName(location)})`,
      undefined,
    );
    assert.deepEqual(
      result.columns.map(({ name, type }) => [name, type.kind]),
      everyType.fields.map(({ name, type }) => [name, type.kind]),
    );
    for await (const batch of result.batches) {
      for (let row = 0; row < batch.rowCount; row++) found.push(rowText(batch, types, row));
    }
  });
  const all = rowTexts(many.flat());
  assert.deepEqual(found, all);
  assert.match(all[0] ?? '', /9223372036854775807.*-999999999999999999.*"1":"7","0":"zero"/);
});

function rowTexts(rows: readonly { readonly [name: string]: Value }[]): readonly string[] {
  const columns = everyType.fields.map(({ name, type }) =>
    vectorOf(
      type,
      rows.map((row) => row[name]),
    ),
  );
  const batch = { rowCount: rows.length, columns };
  return rows.map((_, row) => rowText(batch, types, row));
}

test('the file has the shape that Parquet asks for', async (t) => {
  const { engine, folder } = await openEngine(t);
  const location = `${folder}/a.parquet`;
  const schema = structType({ s: structType({ m: mapType, l: listType }) });
  await createParquetWriter(engine).writeRows(location, rowsOf(schema, [{ s: null }]));
  const found = await engine.withConnection((connection) =>
    connection.rows(`SELECT name, repetition_type, converted_type, num_children
      FROM parquet_schema(${quoteFileName(location)})`),
  );
  assert.deepEqual(found.slice(1), [
    ['s', 'OPTIONAL', null, 2n],
    ['m', 'OPTIONAL', 'MAP', 1n],
    ['key_value', 'REPEATED', null, 2n],
    ['key', 'REQUIRED', 'UTF8', null],
    ['value', 'OPTIONAL', 'UTF8', null],
    ['l', 'OPTIONAL', 'LIST', 1n],
    ['list', 'REPEATED', null, 1n],
    ['element', 'OPTIONAL', 'UTF8', null],
  ]);
});

test('a source that fails ends the writing with its own error', async (t) => {
  const { engine, folder } = await openEngine(t);
  const schema = structType({ a: string });
  const failing: RowSource = {
    schema,
    next: () => {
      throw new CodedError('DELTA_LOG_CORRUPT', 'made up');
    },
  };
  const writer = createParquetWriter(engine);
  await assert.rejects(writer.writeRows(`${folder}/a.parquet`, failing), {
    code: 'DELTA_LOG_CORRUPT',
    message: 'made up',
  });
  const short: RowSource = { schema, next: () => ({ rowCount: 2, columns: [] }) };
  await assert.rejects(writer.writeRows(`${folder}/b.parquet`, short), { code: 'INTERNAL_ERROR' });
});

test('an aborted writing ends, and asks for no more rows', async (t) => {
  const { engine, folder } = await openEngine(t);
  const controller = new AbortController();
  let calls = 0;
  const endless: RowSource = {
    schema: structType({ a: string }),
    next: (rowsMax) => {
      calls++;
      if (calls === 3) setImmediate(() => controller.abort());
      return { rowCount: rowsMax, columns: [nullVector(string, rowsMax)] };
    },
  };
  const writer = createParquetWriter(engine);
  const { signal } = controller;
  await assert.rejects(writer.writeRows(`${folder}/a.parquet`, endless, { signal }), {
    code: 'QUERY_CANCELED',
  });
  const before = calls;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(calls, before);
});

test('rows are known to nobody but the statement that writes them', async (t) => {
  const { engine } = await openEngine(t);
  await engine.withConnection((connection) =>
    assert.rejects(connection.rows(`FROM __levee_rows('x')`), /There are no such rows/),
  );
});
