/**
 * Random Delta tables for data skipping: columns of many types, partitions, files without statistics
 * or with some of them, deletion vectors; and random conditions on them as SQL. Statistics are written
 * as Spark does: strings cut after 32 characters, timestamps after the millisecond.
 */
import fc from 'fast-check';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataType } from '../../catalog/data-type.ts';
import { formatPartitionValue } from '../../catalog/log/partition-values.ts';
import { formatDecimal, type ScalarValue } from '../../catalog/log/scalar-value.ts';
import { duckdbType } from '../../sql/types.ts';
import { compareUtf8 } from '../../catalog/utf8-order.ts';
import { DeltaFolder, type LogAction } from './delta-folder.ts';
import { inlineDeletionVector } from './inline-deletion-vector.ts';
import { statsJson, valuesOf } from './skipping-arbitraries.ts';

/** Data columns by name; `st` is a struct of `a` and `x`. */
export const dataColumns: { readonly [name: string]: DataType } = {
  b: { kind: 'boolean' },
  i: { kind: 'integer' },
  l: { kind: 'long' },
  f: { kind: 'double' },
  r: { kind: 'float' },
  d: { kind: 'decimal', precision: 9, scale: 2 },
  w: { kind: 'decimal', precision: 38, scale: 10 },
  s: { kind: 'string' },
  dt: { kind: 'date' },
  ts: { kind: 'timestamp' },
  tn: { kind: 'timestamp_ntz' },
};
export const structFields: { readonly [name: string]: DataType } = {
  a: { kind: 'integer' },
  x: { kind: 'string' },
};
export const partitionColumns: { readonly [name: string]: DataType } = {
  p: { kind: 'string' },
  q: { kind: 'date' },
  n: { kind: 'double' },
};

type Cell = ScalarValue | null;
/** By `name`, or `st.name`. */
type Row = { readonly [column: string]: Cell };

export interface RandomFile {
  readonly rows: readonly Row[];
  readonly partition: Row;
  readonly statistics: 'all' | 'none' | 'some' | 'counts';
  readonly countsNaN: boolean;
  /** Places of deleted rows. */
  readonly deleted: readonly number[];
}

const cells = (type: DataType): fc.Arbitrary<Cell> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 6, arbitrary: fc.constantFrom(...valuesOf(type)) },
  );

const leaves: { readonly [column: string]: DataType } = {
  ...dataColumns,
  ...Object.fromEntries(Object.entries(structFields).map(([name, type]) => [`st.${name}`, type])),
};

function rowsOf(columns: { readonly [name: string]: DataType }): fc.Arbitrary<Row> {
  return fc.record(
    Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, cells(type)])),
  );
}

export const randomFiles: fc.Arbitrary<readonly RandomFile[]> = fc.array(
  fc.record({
    rows: fc.array(rowsOf(leaves), { minLength: 1, maxLength: 3 }),
    partition: rowsOf(partitionColumns),
    statistics: fc.constantFrom('all', 'all', 'all', 'none', 'some', 'counts'),
    countsNaN: fc.boolean(),
    deleted: fc.constantFrom([], [], [], [0]),
  }),
  { minLength: 2, maxLength: 7 },
);

/** A literal of exactly the type. */
export function literalSql(type: DataType, value: Cell): string {
  if (value === null) return `CAST(NULL AS ${duckdbType(type)})`;
  switch (type.kind) {
    case 'date':
      return `(DATE '1970-01-01' + CAST(${String(value)} AS INTEGER))`;
    case 'timestamp':
      return `make_timestamptz(CAST('${String(value)}' AS BIGINT))`;
    case 'timestamp_ntz':
      return `make_timestamp(CAST('${String(value)}' AS BIGINT))`;
    case 'decimal':
      return `CAST('${formatDecimal(BigInt(String(value)), type)}' AS ${duckdbType(type)})`;
    default: {
      const text = Object.is(value, -0) ? '-0.0' : String(value);
      return `CAST('${text.replaceAll("'", "''")}' AS ${duckdbType(type)})`;
    }
  }
}

const types: { readonly [kind: string]: string } = { decimal: '' };
function typeJson(type: DataType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`;
  return types[type.kind] ?? type.kind;
}

/** Writes the table into `location`. Its `id`s count up from 0, file by file. */
export async function writeRandomTable(
  location: string,
  files: readonly RandomFile[],
  writer: DuckDBConnection,
): Promise<void> {
  const table = new DeltaFolder(location, writer);
  const field = ([name, type]: [string, DataType]) => [name, typeJson(type)] as const;
  const struct = {
    type: 'struct',
    fields: Object.entries(structFields).map(([name, type]) => ({
      name,
      type: typeJson(type),
      nullable: true,
      metadata: {},
    })),
  };
  const adds: LogAction[] = [];
  let id = 0;
  for (const [number, file] of files.entries()) {
    const first = id;
    id += file.rows.length;
    const selects = file.rows.map((row, i) => rowSql(row, first + i));
    adds.push(
      await table.parquet(`part-${number}.parquet`, selects.join(' UNION ALL '), {
        add: { ...addFields(file, first) },
      }),
    );
  }
  table.create(
    {
      columns: {
        id: 'long',
        ...Object.fromEntries(Object.entries(dataColumns).map(field)),
        st: struct,
        ...Object.fromEntries(Object.entries(partitionColumns).map(field)),
      },
      partitionColumns: Object.keys(partitionColumns),
      readerFeatures: ['deletionVectors', 'timestampNtz'],
    },
    ...adds,
  );
}

function rowSql(row: Row, id: number): string {
  const data = Object.entries(dataColumns).map(
    ([name, type]) => `${literalSql(type, row[name] ?? null)} AS ${name}`,
  );
  const fields = Object.entries(structFields).map(
    ([name, type]) => `${name} := ${literalSql(type, row[`st.${name}`] ?? null)}`,
  );
  return `SELECT ${id}::BIGINT AS id, ${data.join(', ')}, struct_pack(${fields.join(', ')}) AS st`;
}

function addFields(file: RandomFile, first: number): Record<string, unknown> {
  const partitionValues = Object.fromEntries(
    Object.entries(partitionColumns).map(([name, type]) => [
      name,
      formatPartitionValue({ name, type }, file.partition[name] ?? null),
    ]),
  );
  const isHoled = file.deleted.length > 0;
  return {
    partitionValues,
    ...(file.statistics === 'none' ? {} : { stats: statsText(file, first, isHoled) }),
    ...(isHoled ? { deletionVector: inlineDeletionVector(file.deleted) } : {}),
  };
}

function statsText(file: RandomFile, first: number, isHoled: boolean): string {
  const { rows, statistics } = file;
  const members: string[] = [`"numRecords":${rows.length}`];
  const columns = Object.entries(leaves).filter(
    (_entry, i) => statistics === 'all' || (statistics === 'some' && i % 2 === 0),
  );
  const section = (
    name: string,
    idJson: string,
    value: (type: DataType, column: string) => string | undefined,
  ) => {
    const own: string[] = [`"id":${idJson}`];
    const nested: string[] = [];
    for (const [column, type] of columns) {
      const json = value(type, column);
      if (json === undefined) continue;
      if (column.startsWith('st.')) nested.push(`"${column.slice(3)}":${json}`);
      else own.push(`"${column}":${json}`);
    }
    if (nested.length > 0) own.push(`"st":{${nested.join(',')}}`);
    members.push(`"${name}":{${own.join(',')}}`);
  };
  if (statistics !== 'counts') {
    section('minValues', String(first), (type, column) => boundJson(file, type, column, 'min'));
    section('maxValues', String(first + rows.length - 1), (type, column) =>
      boundJson(file, type, column, 'max'),
    );
  }
  section('nullCount', '0', (_type, column) => {
    const nulls = rows.filter((row) => row[column] === null).length;
    return String(nulls);
  });
  if (isHoled) members.push('"tightBounds":false');
  return `{${members.join(',')}}`;
}

function boundJson(
  { rows, countsNaN }: RandomFile,
  type: DataType,
  column: string,
  bound: 'min' | 'max',
): string | undefined {
  const isNaNValue = (value: ScalarValue): boolean => Number.isNaN(value);
  const values = rows
    .map((row) => row[column] ?? null)
    .filter((value): value is ScalarValue => value !== null)
    .filter((value) => countsNaN || !isNaNValue(value))
    .sort((a, b) => compare(a, b));
  const value = bound === 'min' ? values[0] : values.at(-1);
  if (value === undefined) return undefined;
  if (typeof value === 'string' && Array.from(value).length > 32) {
    const cut = Array.from(value).slice(0, 32).join('');
    return JSON.stringify(bound === 'min' ? cut : `${cut}\u{10ffff}`);
  }
  return statsJson(type, value, true);
}

function compare(left: ScalarValue, right: ScalarValue): number {
  if (typeof left === 'string' && typeof right === 'string') return compareUtf8(left, right);
  if (Number.isNaN(left) || Number.isNaN(right)) {
    return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

const comparisons = ['=', '<>', '<', '<=', '>', '>='] as const;

function conditionOn(column: string, type: DataType): fc.Arbitrary<string> {
  const literal = fc.constantFrom(...valuesOf(type)).map((value) => literalSql(type, value));
  const operator = fc.constantFrom(...comparisons);
  return fc.oneof(
    fc.tuple(operator, literal).map(([op, value]) => `${column} ${op} ${value}`),
    fc.tuple(operator, literal).map(([op, value]) => `${value} ${op} ${column}`),
    fc.tuple(literal, literal).map(([low, high]) => `${column} BETWEEN ${low} AND ${high}`),
    fc
      .tuple(
        fc.boolean(),
        fc.array(fc.oneof(literal, fc.constant('NULL')), { minLength: 1, maxLength: 4 }),
      )
      .map(([not, values]) => `${column} ${not ? 'NOT ' : ''}IN (${values.join(', ')})`),
    fc.boolean().map((not) => `${column} IS ${not ? 'NOT ' : ''}NULL`),
    fc
      .tuple(fc.boolean(), literal)
      .map(([not, value]) => `${column} IS ${not ? 'NOT ' : ''}DISTINCT FROM ${value}`),
    fc.tuple(operator, literal).map(([op, value]) => `coalesce(${column} ${op} ${value}, true)`),
  );
}

/** Conditions that DuckDB rewrites, or that cannot be understood. */
const special = fc.constantFrom(
  'b',
  'NOT b',
  'b IS NOT TRUE',
  "s LIKE 'x%'",
  "s LIKE 'ü%'",
  "s LIKE '%b'",
  "s LIKE 'a_'",
  "starts_with(s, 'xxx') OR i = 5",
  "lower(s) = 'ab'",
  "s || 'b' = 'ab'",
  'length(s) > 5',
  'i + 1 = 6',
  'i = 5.0',
  'i < 5.5',
  'i >= 4.99 AND i <= 5.01',
  'CAST(i AS DOUBLE) > 4.5',
  'CAST(i AS DOUBLE) <> 5.5',
  'i > 5000000000',
  'l > 1e3',
  'l = 7.0',
  'd > 1.4999',
  'd = 1.5001',
  'w < 0.5',
  'f > i',
  "f = 'NaN'",
  "f < 'infinity'",
  'r = 0.1',
  'r = 0.1::FLOAT',
  'r > 0.1::DOUBLE',
  "dt = TIMESTAMP '2020-01-01 00:00:00'",
  "dt < TIMESTAMP '2020-01-01 12:00:00'",
  "dt >= TIMESTAMPTZ '1969-12-31 12:00:00+00'",
  "CAST(ts AS DATE) = DATE '2020-01-01'",
  "CAST(ts AS DATE) < DATE '1970-01-01'",
  "CAST(tn AS DATE) <= DATE '1970-01-01'",
  "date_trunc('day', tn) = DATE '2020-01-01'",
  "date_trunc('year', ts) > DATE '1970-01-01'",
  "tn = TIMESTAMPTZ '1970-01-01 00:00:00.002+00'",
  "ts > TIMESTAMP '1970-01-01 00:00:00.0015'",
  'year(dt) = 2020',
  'st IS NULL',
  'st.a + st.a > 4',
  'i = st.a',
  'p = s',
  'CASE WHEN i = 5 THEN l > 0 ELSE b END',
  'NOT (i > 5 AND b)',
  'NOT (i > 5 OR d < 0)',
  'id % 2 = 0',
  'id IN (SELECT id FROM t WHERE i = 5)',
  'EXISTS (SELECT 1 FROM t u WHERE u.i = t.i AND u.id <> t.id)',
  'id = (SELECT min(id) FROM t)',
  'random() >= 0',
  'now() > ts',
  'current_date >= dt',
  '1 = 1',
  '1 = 0',
);

export const randomConditions: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(
      ...Object.entries({ id: { kind: 'long' } as DataType, ...leaves, ...partitionColumns }).map(
        ([column, type]) => conditionOn(column, type),
      ),
    ),
    special,
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `((${a}) AND (${b}))`),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `((${a}) OR (${b}))`),
    tie('tree').map((a) => `NOT (${a})`),
  ),
})).tree;

/** Queries whose rows do not depend on the order of files. */
export const randomQueries: fc.Arbitrary<string> = fc
  .tuple(fc.nat(9), randomConditions, randomConditions)
  .map(([form, one, two]) => {
    switch (form) {
      case 0:
        return `SELECT count(*) FROM t WHERE ${one}`;
      case 1:
        return `SELECT min(id), max(id), count(*), min(q) FROM t WHERE ${one}`;
      case 2:
        return `WITH c AS (SELECT * FROM t) SELECT id FROM c AS t WHERE ${one} UNION ALL SELECT -id FROM c AS t WHERE ${two} ORDER BY 1`;
      case 3:
        return `SELECT a.id, b.id FROM (SELECT * FROM t WHERE ${one}) a LEFT JOIN (SELECT * FROM t WHERE ${two}) b ON a.i = b.i AND b.l > 0 ORDER BY 1, 2`;
      case 4:
        return `SELECT count(*) FROM (SELECT * FROM t WHERE ${one} LIMIT 2)`;
      case 5:
        return `SELECT p, q, count(*), min(id) FROM t WHERE ${one} GROUP BY ALL ORDER BY ALL`;
      case 6:
        return `SELECT a.id FROM t a WHERE a.id > ALL (SELECT id FROM t WHERE ${one}) ORDER BY 1`;
      default:
        return `SELECT id FROM t WHERE ${one} ORDER BY id`;
    }
  });
