/**
 * The value of a column that a statement does not give: its DEFAULT, or NULL.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#default-columns
 */
import type { StructField } from '../../catalog/data-type.ts';
import { duckdbType } from '../types.ts';
import { assignmentSql, insertPolicy } from './assignment.ts';
import { storedExpression } from './stored-expression.ts';

const defaultKey = 'CURRENT_DEFAULT';

/** The DEFAULT as the metadata has it, in Spark's SQL. */
export function defaultText({ metadata }: StructField): string | undefined {
  const text = metadata[defaultKey];
  return typeof text === 'string' ? text : undefined;
}

export function hasDefault(field: StructField): boolean {
  return defaultText(field) !== undefined;
}

/** An expression without columns. Throws UNSUPPORTED_FEATURE for one that is not understood. */
export function defaultValueSql(field: StructField): string {
  const text = defaultText(field);
  if (text === undefined) return `CAST(NULL AS ${duckdbType(field.type)})`;
  const subject = `The DEFAULT of column "${field.name}"`;
  const { value } = storedExpression(text, subject, { fields: [], allowClock: true });
  return assignmentSql({ sql: value.sql, type: value.type }, field, insertPolicy('spark'));
}
