/**
 * What an INSERT gives besides its query: the values of `PARTITION (a = 1)`, and DEFAULT among VALUES,
 * which no query can hold: the text of the default takes its place.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import { errorAt } from '../errors.ts';
import type { DefaultItem, Insert, PartitionColumn } from '../parse/statement.ts';
import { sliceText, type SourceSlice } from '../parse/source-slice.ts';
import type { Dialect } from '../parse/dialect.ts';
import { parseExpression } from '../spark-expression/parse-expression.ts';
import { translateExpression } from '../spark-expression/translate-expression.ts';
import { UnknownMeaning, type TypedSql } from '../spark-expression/typed-sql.ts';
import { defaultText, defaultValueSql } from './column-defaults.ts';
import { findField } from './insert-columns.ts';
import { partitionFields, type WriteTarget } from './write-target.ts';

/**
 * By the name of the table's column: the constant that PARTITION gives it. Throws
 * DELTA_NON_PARTITION_COLUMN_SPECIFIED and UNSUPPORTED_FEATURE.
 */
export function partitionClause(
  { partition }: Insert,
  target: WriteTarget,
  text: string,
): ReadonlyMap<string, TypedSql> {
  const values = new Map<string, TypedSql>();
  const fields = partitionFields(target);
  for (const column of partition) {
    const field = findField(fields, column.name);
    if (field === undefined) {
      throw errorAt(text, column.start, {
        code: 'DELTA_NON_PARTITION_COLUMN_SPECIFIED',
        message: `The table is not partitioned by "${column.name}".`,
        hint: `It is partitioned by ${fields.map(({ name }) => name).join(', ') || 'nothing'}.`,
      });
    }
    if (column.value !== undefined) values.set(field.name, constant(column, column.value, text));
  }
  return values;
}

function constant({ name, start }: PartitionColumn, value: SourceSlice, text: string): TypedSql {
  try {
    const expression = parseExpression(sliceText(value));
    return translateExpression(expression, { fields: [], allowClock: true });
  } catch (error) {
    if (!(error instanceof UnknownMeaning) && !(error instanceof CodedError)) throw error;
    throw errorAt(text, start, {
      code: 'UNSUPPORTED_FEATURE',
      message: `The value of partition column "${name}" is no constant that is understood.`,
      hint: 'Write a literal, or select the column like any other.',
      cause: error,
    });
  }
}

/**
 * The query with every DEFAULT replaced, and the columns of it that have nothing but DEFAULT in them.
 *
 * @param fieldOf the table's column that a column of VALUES is for
 */
export function withoutDefaults(
  { query, defaults }: Insert,
  options: {
    readonly fieldOf: (column: number) => StructField | undefined;
    readonly isComputed: (field: StructField) => boolean;
    readonly dialect: Dialect;
  },
): { readonly query: SourceSlice; readonly defaulted: ReadonlySet<number> } {
  if (defaults.length === 0) return { query, defaulted: new Set() };
  const { source, start, end } = query;
  let text = source.slice(0, start);
  let at = start;
  for (const item of [...defaults].sort((a, b) => a.start - b.start)) {
    text += source.slice(at, item.start) + replacement(item, source, options);
    at = item.end;
  }
  text += source.slice(at, end);
  const replaced = { source: text + source.slice(end), start, end: text.length };
  return { query: replaced, defaulted: new Set(defaults.map(({ column }) => column)) };
}

function replacement(
  item: DefaultItem,
  source: string,
  options: Parameters<typeof withoutDefaults>[1],
): string {
  const field = options.fieldOf(item.column);
  // Too many values: the arity says so.
  if (field === undefined || options.isComputed(field)) return 'NULL';
  const text = defaultText(field);
  if (text === undefined) return 'NULL';
  if (options.dialect === 'spark') return `(${text})`;
  try {
    return `(${defaultValueSql(field)})`;
  } catch (error) {
    throw error instanceof CodedError
      ? errorAt(source, item.start, { code: error.code, message: error.message, cause: error })
      : error;
  }
}
