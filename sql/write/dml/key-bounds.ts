/**
 * What the source's keys say of the target's: from `t.id = s.id` follows that `t.id` lies between the
 * least and the greatest `s.id`. Said in the join's condition, it lets files be left out of it. The
 * condition holds for the same pairs with it and without.
 */
import type { DataType, StructField } from '../../../catalog/data-type.ts';
import { toDuckdbQuery } from '../../parse/query-text.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import { quoteIdentifier, quoteString } from '../../quote.ts';
import { duckdbType } from '../../types.ts';
import { findField } from '../insert-columns.ts';
import type { MergeSourceRows, SourceName } from './merge-source.ts';
import { targetColumn, type RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';
import { sourceTable } from './work-tables.ts';

/** Keys of a source with at most so many are listed one by one. */
const listedKeysMax = 100;

interface KeyPair {
  readonly target: StructField;
  readonly source: StructField;
}

/** Conditions on the target alone, each implied by `condition`, as SQL that begins with AND. */
export async function keyBoundsSql(
  condition: SourceSlice,
  target: RowTarget,
  source: MergeSourceRows,
  context: WorkContext,
): Promise<string> {
  // One file is as soon read as left out.
  if (target.snapshot.files.count <= 1) return '';
  const { text } = toDuckdbQuery(condition, context.session.dialect);
  const tree = await context.connection.syntaxTree(`SELECT (${text})`, context.signal);
  const keys = keyPairs(JSON.parse(tree), target, source);
  const bounds: string[] = [];
  for (const key of keys) {
    bounds.push(` AND ${await boundSql(key, target, context)}`);
  }
  return bounds.join('');
}

async function boundSql(
  key: KeyPair,
  target: RowTarget,
  { connection, signal }: WorkContext,
): Promise<string> {
  const from = `FROM ${quoteIdentifier(sourceTable)}`;
  const value = quoteIdentifier(key.source.name);
  const text = (sql: string): string => `CAST(${sql} AS VARCHAR)`;
  const [bounds] = await connection.rows(
    `SELECT ${text(`min(${value})`)}, ${text(`max(${value})`)}, approx_count_distinct(${value}) ${from}`,
    signal,
  );
  const [least, greatest, count] = bounds ?? [];
  // Without a key nothing matches.
  if (typeof least !== 'string' || typeof greatest !== 'string') return 'false';
  const literal = (written: string): string =>
    `CAST(${quoteString(written)} AS ${duckdbType(key.source.type)})`;
  const column = targetColumn(target, key.target.name);
  if (Number(count) <= listedKeysMax) {
    const listed = await connection.rows(
      `SELECT DISTINCT ${text(value)} ${from} WHERE ${value} IS NOT NULL LIMIT ${2 * listedKeysMax + 1}`,
      signal,
    );
    if (listed.length <= 2 * listedKeysMax) {
      return `${column} IN (${listed.map(([written]) => literal(String(written))).join(', ')})`;
    }
  }
  return `${column} >= ${literal(least)} AND ${column} <= ${literal(greatest)}`;
}

/** Equalities of two columns that must all hold. */
function keyPairs(tree: unknown, target: RowTarget, source: MergeSourceRows): readonly KeyPair[] {
  const pairs: KeyPair[] = [];
  const root = listOf(fieldOf(first(listOf(fieldOf(tree, 'statements'))), 'node', 'select_list'));
  function visit(node: unknown): void {
    if (fieldOf(node, 'type') === 'CONJUNCTION_AND') {
      listOf(fieldOf(node, 'children')).forEach(visit);
      return;
    }
    if (fieldOf(node, 'type') !== 'COMPARE_EQUAL') return;
    const [left, right] = [columnOf(fieldOf(node, 'left')), columnOf(fieldOf(node, 'right'))];
    if (left === undefined || right === undefined) return;
    const pair = pairOf(left, right, target, source) ?? pairOf(right, left, target, source);
    if (pair !== undefined) pairs.push(pair);
  }
  visit(first(root));
  return pairs;
}

function pairOf(
  one: readonly string[],
  other: readonly string[],
  target: RowTarget,
  source: MergeSourceRows,
): KeyPair | undefined {
  const { fields } = target.snapshot.schema;
  const ofTarget = columnIn(one, target, fields, source.columns);
  const ofSource = columnIn(other, source.called, source.columns, fields);
  if (ofTarget === undefined || ofSource === undefined) return undefined;
  return areComparable(ofTarget.type, ofSource.type)
    ? { target: ofTarget, source: ofSource }
    : undefined;
}

/** The column of a table that a name means; without a qualifier no other table may have one like it. */
function columnIn(
  names: readonly string[],
  { name, alias }: SourceName,
  fields: readonly StructField[],
  others: readonly StructField[],
): StructField | undefined {
  const column = names.at(-1) ?? '';
  const qualifier = names.slice(0, -1).map((part) => part.toLowerCase());
  const own = (alias === undefined ? name.parts : [alias]).map((part) => part.toLowerCase());
  const isOwn =
    qualifier.length === 0
      ? findField(others, column) === undefined
      : own.slice(-qualifier.length).join('\0') === qualifier.join('\0');
  return isOwn ? findField(fields, column) : undefined;
}

const integers: ReadonlySet<DataType['kind']> = new Set(['byte', 'short', 'integer', 'long']);
const ordered: ReadonlySet<DataType['kind']> = new Set([
  'string',
  'date',
  'timestamp',
  'timestamp_ntz',
]);

/** Types whose values compare as they are written; NaN makes floating point numbers others. */
function areComparable(a: DataType, b: DataType): boolean {
  if (integers.has(a.kind) && integers.has(b.kind)) return true;
  if (a.kind === 'decimal' && b.kind === 'decimal') {
    return a.precision === b.precision && a.scale === b.scale;
  }
  return a.kind === b.kind && ordered.has(a.kind);
}

function columnOf(node: unknown): readonly string[] | undefined {
  if (fieldOf(node, 'class') !== 'COLUMN_REF') return undefined;
  const names = listOf(fieldOf(node, 'column_names'));
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

/** The value at the end of a path of keys; `undefined` where there is none. */
function fieldOf(value: unknown, ...keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as { readonly [name: string]: unknown })[key];
  }
  return found;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function first(list: readonly unknown[]): unknown {
  return list[0];
}
